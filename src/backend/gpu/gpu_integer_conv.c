/* SPDX-License-Identifier: MIT
 * Convolutions of 8-bit integers: ConvInteger, QLinearConv and their kin. */
#include "backend/gpu/gpu_backend.h"
#include "ops/conv.h"

enum { TILE = 64, FEW_FILTERS = 8, TABLE = 32, AXES = 3 };
/* Places in the ints of kernels/integer_convolution.k. */
enum { IN = 4, OUT = 7, STRIDE = 10, PAD = 13, STEP = 16, WITH_IMAGE = 19, WITH_GROUP = 20 };
enum { TO_IMAGE = 21, TO_FILTER = 22, TO_PLACE = 23, LOW = 24, HIGH = 25, PLAIN = 26 };
/* Flags of kernels/integer_product.k and kernels/integer_convolution.k. */
enum {
    X_SIGNED = 1,
    W_SIGNED = 2,
    X_ZERO = 4,
    W_ZERO = 8,
    W_ZEROS = 32,
    CODES = 512,
    Y_SIGNED = 1024,
    BIASED = 2048,
    W_SCALES = 4096,
    TO_FLOAT = 16384,
    FLOAT_BIAS = 32768
};

/* Where the call's inputs are; NOWHERE: the operator has none. */
enum { NOWHERE = 99 };
typedef struct inputs {
    size_t w, x_zero, w_zero, x_scale, w_scale, y_scale, y_zero, bias;
    bool to_float; /* y_scale is a bias for each filter */
} inputs;

static bool is_byte(const lw_value *v) { return v->dtype == LW_INT8 || v->dtype == LW_UINT8; }

static bool has_count(const lwi_call *c, size_t input, size_t n) {
    const lw_value *v = lwi_has(c, input) ? c->in[input] : NULL;
    return !v || v->count == 1 || (v->rank == 1 && v->count == n);
}

static bool takes(const lwi_call *c, const lwi_conv *v, const inputs *at) {
    const size_t filters = v->groups * v->filters;
    for (size_t i = 0; i < c->n_in; i++)
        if (c->in[i] && c->in[i]->count >= INT32_MAX) return false;
    for (size_t i = 0; i < 3; i++) {
        const size_t scale = (size_t[]){at->x_scale, at->w_scale, at->y_scale}[i];
        if (lwi_has(c, scale) && c->in[scale]->dtype != LW_FLOAT32) return false;
    }
    return is_byte(c->in[0]) && is_byte(c->in[at->w]) && v->window.rank <= AXES &&
           c->out[0]->count < INT32_MAX && has_count(c, at->x_zero, 1) &&
           has_count(c, at->w_zero, filters) && has_count(c, at->x_scale, 1) &&
           has_count(c, at->w_scale, filters) && (at->to_float || has_count(c, at->y_scale, 1)) &&
           has_count(c, at->y_zero, 1);
}

static int find_flags(const lwi_call *c, const inputs *at) {
    int flags = (c->in[0]->dtype == LW_INT8 ? X_SIGNED : 0) |
                (c->in[at->w]->dtype == LW_INT8 ? W_SIGNED : 0) |
                (lwi_has(c, at->x_zero) ? X_ZERO : 0) | (lwi_has(c, at->w_zero) ? W_ZERO : 0) |
                (lwi_has(c, at->y_scale) && !at->to_float ? CODES : 0) |
                (lwi_has(c, at->bias) ? BIASED : 0) | (c->out[0]->dtype == LW_INT8 ? Y_SIGNED : 0);
    if (at->to_float) flags |= TO_FLOAT | (lwi_has(c, at->y_scale) ? FLOAT_BIAS : 0);
    if (lwi_has(c, at->w_zero) && c->in[at->w_zero]->count > 1) flags |= W_ZEROS;
    if (lwi_has(c, at->w_scale) && c->in[at->w_scale]->count > 1) flags |= W_SCALES;
    return flags;
}

/* Axes that are not there have one place. */
static void write_axes(const lwi_window *w, size_t pixel, int32_t *shape) {
    size_t step = pixel;
    for (int d = AXES - 1; d >= 0; d--) {
        const int axis = d - (AXES - w->rank);
        shape[IN + d] = axis < 0 ? 1 : (int32_t)w->in[axis];
        shape[OUT + d] = axis < 0 ? 1 : (int32_t)w->out[axis];
        shape[STRIDE + d] = axis < 0 ? 1 : (int32_t)w->stride[axis];
        shape[PAD + d] = axis < 0 ? 0 : (int32_t)w->begin[axis];
        shape[STEP + d] = (int32_t)step;
        step *= (size_t)shape[IN + d];
    }
}

/* Where element q along the sum lies, seen from where the window begins. */
static void write_tap(const lwi_conv *v, size_t q, size_t channel, int32_t *shape) {
    const lwi_window *w = &v->window;
    int32_t *tap = shape + TABLE + 4 * q;
    size_t rest = q % v->kernel_size;
    tap[0] = (int32_t)(q / v->kernel_size * channel);
    for (int d = AXES - 1; d >= 0; d--) {
        const int axis = d - (AXES - w->rank);
        const size_t kernel = axis < 0 ? 1 : (size_t)w->kernel[axis];
        tap[1 + d] = axis < 0 ? 0 : (int32_t)(rest % kernel * (size_t)w->dilation[axis]);
        tap[0] += tap[1 + d] * shape[STEP + d];
        rest /= kernel;
    }
}

/* A kernel of one element that meets every place of the input. */
static bool is_plain(const lwi_conv *v) {
    const lwi_window *w = &v->window;
    bool plain = v->kernel_size == 1;
    for (int d = 0; d < w->rank; d++)
        plain = plain && w->stride[d] == 1 && w->begin[d] == 0 && w->in[d] == w->out[d];
    return plain;
}

static void write_shape(const lwi_call *c, const lwi_conv *v, bool last, int32_t *shape) {
    const size_t channels = v->groups * v->channels, filters = v->groups * v->filters;
    const int least = c->out[0]->dtype == LW_INT8 ? -128 : 0;
    shape[0] = (int32_t)(v->channels * v->kernel_size);
    shape[1] = (int32_t)v->filters;
    shape[2] = (int32_t)v->groups;
    shape[3] = (int32_t)v->out_size;
    write_axes(&v->window, last ? channels : 1, shape);
    shape[WITH_IMAGE] = (int32_t)(channels * v->in_size);
    shape[WITH_GROUP] = (int32_t)(v->channels * (last ? 1 : v->in_size));
    shape[TO_IMAGE] = (int32_t)(filters * v->out_size);
    shape[TO_FILTER] = last ? 1 : (int32_t)v->out_size;
    shape[TO_PLACE] = last ? (int32_t)filters : 1;
    shape[LOW] = (int32_t)lwi_attr_int(c->node, "low", least);
    shape[HIGH] = (int32_t)lwi_attr_int(c->node, "high", least + 255);
    for (size_t q = 0; q < v->channels * v->kernel_size; q++)
        write_tap(v, q, last ? 1 : v->in_size, shape);
}

static lw_status launch(const lwi_call *c, const lwi_conv *v, const inputs *at, bool last,
                        lwi_gpu_step *step) {
    const size_t depth = v->channels * v->kernel_size, planes = v->batch * v->groups;
    const bool direct = v->filters < FEW_FILTERS || planes > 65535;
    lwi_call scratch = *c;
    lwi_gpu_launch *launch = NULL;
    int32_t *shape = NULL;
    LW_TRY(lwi_scratch(&scratch, TABLE + 4 * depth, sizeof *shape, &shape));
    for (size_t i = 0; i < TABLE; i++)
        shape[i] = 0;
    write_shape(c, v, last, shape);
    if (is_plain(v)) shape[PLAIN] = last ? 1 : (int32_t)v->in_size;
    if (direct) LW_TRY(lwi_gpu_items(step, "conv_i8_direct", c->out[0]->count, &launch));
    else
        LW_TRY(lwi_gpu_groups(step, "conv_i8", (v->out_size + TILE - 1) / TILE,
                              (v->filters + TILE - 1) / TILE, planes, &launch));
    LW_TRY(lwi_gpu_data(step, launch, shape, (TABLE + 4 * depth) * sizeof *shape));
    const size_t given[] = {0,           at->w,       at->x_zero, at->w_zero, at->x_scale,
                            at->w_scale, at->y_scale, at->y_zero, at->bias};
    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        lwi_gpu_in(launch, c, given[i]);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, find_flags(c, at));
    if (direct) lwi_gpu_int(launch, (int64_t)c->out[0]->count);
    return LW_OK;
}

static lw_status plan_conv(const lwi_call *c, const inputs *at, bool last, lwi_gpu_step *step,
                           bool *taken) {
    lwi_conv v = {.groups = 0};
    LW_TRY(lwi_conv_shape(c, 0, at->w, last, &v));
    if (!takes(c, &v, at))
        return lwi_gpu_refuse(step, "its types, four axes, or zero points by more than filters");
    *taken = true;
    return launch(c, &v, at, last, step);
}

lw_status lwi_gpu_conv_integer(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    static const inputs at = {.w = 1,
                              .x_zero = 2,
                              .w_zero = 3,
                              .x_scale = NOWHERE,
                              .w_scale = NOWHERE,
                              .y_scale = NOWHERE,
                              .y_zero = NOWHERE,
                              .bias = NOWHERE};
    return plan_conv(c, &at, false, step, taken);
}

lw_status lwi_gpu_qlinear_conv(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    static const inputs at = {.x_scale = 1,
                              .x_zero = 2,
                              .w = 3,
                              .w_scale = 4,
                              .w_zero = 5,
                              .y_scale = 6,
                              .y_zero = 7,
                              .bias = 8};
    return plan_conv(c, &at, lwi_attr_int(c->node, "channels_last", 0) != 0, step, taken);
}

lw_status lwi_gpu_conv_integer_to_float(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    static const inputs at = {.x_scale = 2,
                              .w = 1,
                              .w_scale = 3,
                              .x_zero = 4,
                              .w_zero = 5,
                              .bias = 6,
                              .y_scale = 7,
                              .y_zero = NOWHERE,
                              .to_float = true};
    if (c->out[0]->dtype != LW_FLOAT32 || c->in[3]->count != 1)
        return lwi_gpu_refuse(step, "its types, or a scale for each filter");
    return plan_conv(c, &at, lwi_attr_int(c->node, "channels_last", 0) != 0, step, taken);
}
