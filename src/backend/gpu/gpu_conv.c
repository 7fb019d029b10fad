/* SPDX-License-Identifier: MIT
 * Convolutions and pools with the channels last, over one or two axes. */
#include "backend/gpu/gpu_conv.h"
#include "backend/gpu/gpu_direct.h"
#include "backend/gpu/gpu_pool.h"
#include "backend/gpu/gpu_tiles.h"
#include "ops/channels_last.h"
#include "ops/pool.h"
#include "tensor/convert.h"

enum { NEIGHBOURS = 8 }; /* of an item of kernels/half_depthwise.k */
enum { TILE = 64 };

void lwi_gpu_conv_shape(const lwi_window *w, size_t batch, size_t channels, size_t groups,
                        size_t filters, int32_t shape[LWI_GPU_CONV_SHAPE]) {
    const int x = w->rank - 1, y = w->rank - 2;
    const int64_t numbers[LWI_GPU_CONV_SHAPE] = {y < 0 ? 1 : w->in[y],  w->in[x],
                                                 (int64_t)channels,     (int64_t)groups,
                                                 y < 0 ? 1 : w->out[y], w->out[x],
                                                 (int64_t)filters,      y < 0 ? 1 : w->kernel[y],
                                                 w->kernel[x],          y < 0 ? 1 : w->stride[y],
                                                 w->stride[x],          y < 0 ? 0 : w->begin[y],
                                                 w->begin[x],           y < 0 ? 1 : w->dilation[y],
                                                 w->dilation[x],        (int64_t)batch,
                                                 y < 0 ? 0 : w->end[y], w->end[x]};
    for (int i = 0; i < LWI_GPU_CONV_SHAPE; i++)
        shape[i] = (int32_t)numbers[i];
}

/* [groups * filters, channels, taps] to [groups, taps, channels, filters], each filter times its
 * factor. */
static void turn_weights(const lwi_conv *v, const float *w, const float *scale, float *to) {
    for (size_t g = 0; g < v->groups; g++)
        for (size_t f = 0; f < v->filters; f++)
            for (size_t c = 0; c < v->channels; c++)
                for (size_t t = 0; t < v->kernel_size; t++) {
                    const size_t filter = g * v->filters + f;
                    const float x = w[(filter * v->channels + c) * v->kernel_size + t];
                    to[((g * v->kernel_size + t) * v->channels + c) * v->filters + f] =
                        x * (scale ? scale[filter] : 1);
                }
}

static lw_status give_weights(const lwi_call *c, const lwi_conv *v, lwi_gpu_step *step,
                              lwi_gpu_launch *launch) {
    size_t n = 0;
    const lw_value *w = c->in[1];
    const float *scale = lwi_attr_floats(c->node, "scale", &n);
    float *turned = NULL;
    if (!step->keep) return lwi_gpu_data(step, launch, NULL, w->bytes);
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, w->count, sizeof *turned, &turned));
    turn_weights(v, w->data, n ? scale : NULL, turned);
    const lw_status status = lwi_gpu_data(step, launch, turned, w->bytes);
    lwi_free(&lwi_malloc_allocator, turned);
    return status;
}

static lw_status launch_depthwise(const lwi_call *c, const lwi_conv *v,
                                  const int32_t shape[LWI_GPU_CONV_SHAPE], lwi_gpu_step *step) {
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_items(step, "depthwise_f32", c->out[0]->count, &launch));
    LW_TRY(lwi_gpu_data(step, launch, shape, LWI_GPU_CONV_SHAPE * sizeof *shape));
    lwi_gpu_in(launch, c, 0);
    LW_TRY(give_weights(c, v, step, launch));
    lwi_gpu_in(launch, c, 2);
    LW_TRY(lwi_gpu_epilogue(c, LWI_GPU_CONV_INPUTS, step, launch));
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, lwi_has(c, 2));
    lwi_gpu_int(launch, (int64_t)c->out[0]->count);
    return LW_OK;
}

static lwi_gpu_product_size size_of(const lwi_conv *v, size_t k) {
    return (lwi_gpu_product_size){v->batch * v->out_size, v->filters, k, v->groups};
}

/* Where the sums go, and what is done to them. */
static lw_status add_result(const lwi_call *c, const lwi_gpu_product_size *size,
                            const lwi_gpu_tiles *tiles, lwi_gpu_step *step,
                            lwi_gpu_launch *launch) {
    if (tiles->parts > 1) {
        LW_TRY(lwi_gpu_no_epilogue(c, step, launch));
        lwi_gpu_parts_memory(step, launch, size, tiles);
        return LW_OK;
    }
    LW_TRY(lwi_gpu_epilogue(c, LWI_GPU_CONV_INPUTS, step, launch));
    lwi_gpu_out(launch, 0);
    return LW_OK;
}

/* The rest of an addition of parts, whose sums, bias and factors are there. kinds: of add_parts. */
static lw_status finish_addition(const lwi_call *c, const lwi_conv *v, size_t parts, int kinds,
                                 lwi_gpu_step *step, lwi_gpu_launch *launch) {
    LW_TRY(lwi_gpu_epilogue(c, LWI_GPU_CONV_INPUTS, step, launch));
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, (int64_t)parts);
    lwi_gpu_int(launch, (int64_t)c->out[0]->count);
    lwi_gpu_int(launch, (int64_t)(v->filters * v->groups));
    lwi_gpu_float(launch, 1);
    lwi_gpu_int(launch, kinds);
    lwi_gpu_int(launch, lwi_gpu_type_of(c->out[0]->dtype)); /* the bias is float32 */
    return LW_OK;
}

static lw_status add_parts(const lwi_call *c, const lwi_conv *v, const lwi_gpu_product_size *size,
                           const lwi_gpu_tiles *tiles, lwi_gpu_step *step) {
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_items(step, "add_parts", c->out[0]->count, &launch));
    lwi_gpu_parts_memory(step, launch, size, tiles);
    lwi_gpu_in(launch, c, 2);
    lwi_gpu_in(launch, c, 0); /* no factors */
    return finish_addition(c, v, tiles->parts, lwi_has(c, 2), step, launch);
}

static lw_status launch_conv(const lwi_call *c, const lwi_conv *v, lwi_gpu_step *step) {
    const lwi_gpu_product_size size = size_of(v, v->channels * v->kernel_size);
    const lwi_gpu_tiles tiles = lwi_gpu_choose_tiles(step->device, &size, false);
    lwi_gpu_launch *launch = NULL;
    int32_t shape[LWI_GPU_CONV_SHAPE];
    lwi_gpu_conv_shape(&v->window, v->batch, v->channels, v->groups, v->filters, shape);
    if (v->channels == 1 && v->filters == 1) return launch_depthwise(c, v, shape, step);
    LW_TRY(lwi_gpu_launch_tiles(step, lwi_gpu_is_wide(&tiles) ? "conv_wide_f32" : "conv_f32", &size,
                                &tiles, &launch));
    LW_TRY(lwi_gpu_data(step, launch, shape, sizeof shape));
    lwi_gpu_in(launch, c, 0);
    LW_TRY(give_weights(c, v, step, launch));
    lwi_gpu_in(launch, c, 2);
    LW_TRY(add_result(c, &size, &tiles, step, launch));
    lwi_gpu_int(launch, tiles.parts == 1 && lwi_has(c, 2));
    lwi_gpu_parts_arguments(launch, &size, &tiles);
    return tiles.parts > 1 ? add_parts(c, v, &size, &tiles, step) : LW_OK;
}

/* ------------------------------------------------------------ on tensor cores */

static size_t half_pitch(const lwi_conv *v) { return (v->channels * v->kernel_size + 7) / 8 * 8; }

/* [filters, channels, taps] to [filters, pitch] by tap and channel. */
static void turn_halves(const lwi_conv *v, lw_dtype type, const float *w, float *row,
                        uint16_t *to) {
    const size_t k = v->channels * v->kernel_size, pitch = half_pitch(v);
    for (size_t f = 0; f < v->filters * v->groups; f++) {
        for (size_t c = 0; c < v->channels; c++)
            for (size_t t = 0; t < v->kernel_size; t++)
                row[t * v->channels + c] = w[f * k + c * v->kernel_size + t];
        lwi_narrow(type, row, k, 0, to + f * pitch);
    }
}

static lw_status give_halves(const lwi_call *c, const lwi_conv *v, lwi_gpu_step *step,
                             lwi_gpu_launch *launch) {
    const lw_value *w = c->in[1];
    const size_t n = v->filters * v->groups * half_pitch(v), k = v->channels * v->kernel_size;
    uint16_t *turned = NULL;
    float *wide = NULL;
    if (!step->keep) return lwi_gpu_data(step, launch, NULL, n * sizeof *turned);
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, n, sizeof *turned, &turned));
    lw_status status = lwi_alloc_array(&lwi_malloc_allocator, w->count + k, sizeof *wide, &wide);
    if (status == LW_OK) {
        lwi_convert(&lwi_convert_nearest, w->dtype, w->data, LW_FLOAT32, wide, w->count);
        turn_halves(v, c->in[0]->dtype, wide, wide + w->count, turned);
        status = lwi_gpu_data(step, launch, turned, n * sizeof *turned);
    }
    lwi_free(&lwi_malloc_allocator, wide);
    lwi_free(&lwi_malloc_allocator, turned);
    return status;
}

/* The bias as float32. */
static lw_status give_bias(const lwi_call *c, lwi_gpu_step *step, lwi_gpu_launch *launch) {
    const lw_value *bias = lwi_has(c, 2) ? c->in[2] : NULL;
    const size_t n = bias ? bias->count : 1;
    float *wide = NULL;
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, n, sizeof *wide, &wide));
    if (bias) lwi_convert(&lwi_convert_nearest, bias->dtype, bias->data, LW_FLOAT32, wide, n);
    const lw_status status = lwi_gpu_data(step, launch, wide, n * sizeof *wide);
    lwi_free(&lwi_malloc_allocator, wide);
    return status;
}

/* The factors of filters, and the bias; kinds: which of them there are, as kernels read it. */
static lw_status give_finish(const lwi_call *c, lwi_gpu_step *step, lwi_gpu_launch *launch,
                             bool bias_first, int *kinds) {
    size_t n = 0;
    const float *factors = lwi_attr_floats(c->node, "scale", &n), none = 1;
    if (bias_first) LW_TRY(give_bias(c, step, launch));
    LW_TRY(lwi_gpu_data(step, launch, n ? factors : &none, (n ? n : 1) * sizeof none));
    if (!bias_first) LW_TRY(give_bias(c, step, launch));
    *kinds = lwi_has(c, 2) | (n > 0) << 1;
    return LW_OK;
}

static lw_status add_half_parts(const lwi_call *c, const lwi_conv *v,
                                const lwi_gpu_product_size *size, const lwi_gpu_tiles *tiles,
                                lwi_gpu_step *step) {
    lwi_gpu_launch *launch = NULL;
    int kinds;
    LW_TRY(lwi_gpu_items(step, "add_parts", c->out[0]->count, &launch));
    lwi_gpu_parts_memory(step, launch, size, tiles);
    LW_TRY(give_finish(c, step, launch, true, &kinds));
    return finish_addition(c, v, tiles->parts, kinds, step, launch);
}

static lw_status launch_half_conv(const lwi_call *c, const lwi_conv *v, lwi_gpu_step *step) {
    static const char *const names[2][2] = {{"conv_f16", "conv_wide_f16"},
                                            {"conv_bf16", "conv_wide_bf16"}};
    const lwi_gpu_product_size size = size_of(v, half_pitch(v));
    const lwi_gpu_tiles tiles = lwi_gpu_choose_tiles(step->device, &size, false);
    const char *name = names[c->in[0]->dtype == LW_BFLOAT16][lwi_gpu_is_wide(&tiles)];
    const int wide_result = 4 * (tiles.parts > 1 || c->out[0]->dtype == LW_FLOAT32);
    lwi_gpu_launch *launch = NULL;
    int32_t shape[LWI_GPU_CONV_SHAPE];
    int kinds;
    lwi_gpu_conv_shape(&v->window, v->batch, v->channels, v->groups, v->filters, shape);
    step->mixes = true;
    LW_TRY(lwi_gpu_launch_tiles(step, name, &size, &tiles, &launch));
    LW_TRY(lwi_gpu_data(step, launch, shape, sizeof shape));
    lwi_gpu_in(launch, c, 0);
    LW_TRY(give_halves(c, v, step, launch));
    LW_TRY(give_finish(c, step, launch, false, &kinds));
    LW_TRY(add_result(c, &size, &tiles, step, launch));
    lwi_gpu_int(launch, (int64_t)half_pitch(v));
    lwi_gpu_int(launch, wide_result | (tiles.parts == 1 ? kinds : 0));
    lwi_gpu_parts_arguments(launch, &size, &tiles);
    return tiles.parts > 1 ? add_half_parts(c, v, &size, &tiles, step) : LW_OK;
}

/* [channels, taps] to [taps, channels]. */
static lw_status give_depthwise_halves(const lwi_call *c, const lwi_conv *v, lwi_gpu_step *step,
                                       lwi_gpu_launch *launch) {
    const size_t n = v->groups * v->kernel_size;
    uint16_t *turned = NULL;
    float *wide = NULL;
    if (!step->keep) return lwi_gpu_data(step, launch, NULL, n * sizeof *turned);
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, n, sizeof *turned, &turned));
    lw_status status = lwi_alloc_array(&lwi_malloc_allocator, 2 * n, sizeof *wide, &wide);
    if (status == LW_OK) {
        lwi_convert(&lwi_convert_nearest, c->in[1]->dtype, c->in[1]->data, LW_FLOAT32, wide, n);
        for (size_t i = 0; i < n; i++)
            wide[n + i % v->kernel_size * v->groups + i / v->kernel_size] = wide[i];
        lwi_narrow(c->in[0]->dtype, wide + n, n, 0, turned);
        status = lwi_gpu_data(step, launch, turned, n * sizeof *turned);
    }
    lwi_free(&lwi_malloc_allocator, wide);
    lwi_free(&lwi_malloc_allocator, turned);
    return status;
}

static lw_status launch_half_depthwise(const lwi_call *c, const lwi_conv *v, lwi_gpu_step *step) {
    const size_t items = c->out[0]->count / NEIGHBOURS;
    lwi_gpu_launch *launch = NULL;
    int32_t shape[LWI_GPU_CONV_SHAPE];
    int kinds;
    lwi_gpu_conv_shape(&v->window, v->batch, v->channels, v->groups, v->filters, shape);
    step->mixes = true;
    LW_TRY(lwi_gpu_items(step, "depthwise_half", items, &launch));
    LW_TRY(lwi_gpu_data(step, launch, shape, sizeof shape));
    lwi_gpu_in(launch, c, 0);
    LW_TRY(give_depthwise_halves(c, v, step, launch));
    LW_TRY(give_finish(c, step, launch, false, &kinds));
    LW_TRY(lwi_gpu_epilogue(c, LWI_GPU_CONV_INPUTS, step, launch));
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, lwi_gpu_type_of(c->in[0]->dtype));
    lwi_gpu_int(launch, kinds);
    lwi_gpu_int(launch, lwi_gpu_type_of(c->out[0]->dtype));
    lwi_gpu_int(launch, (int64_t)items);
    return LW_OK;
}

/* Of few channels for each filter, a tile would be mostly zeros. */
enum { LEAST_CHANNELS = 3 };

static bool is_known(const lwi_call *c, size_t input) {
    return lwi_is_constant(c, input) && c->in[input]->data &&
           lwi_gpu_is_float(lwi_gpu_type_of(c->in[input]->dtype));
}

static bool takes_halves(const lwi_call *c, const lwi_device *device) {
    const lw_dtype type = c->in[0]->dtype;
    return ((type == LW_FLOAT16 && device->multiplies_f16) ||
            (type == LW_BFLOAT16 && device->multiplies_bf16)) &&
           lwi_gpu_moves(c) && (c->out[0]->dtype == type || c->out[0]->dtype == LW_FLOAT32) &&
           is_known(c, 1) && (!lwi_has(c, 2) || is_known(c, 2)) &&
           lwi_gpu_takes_epilogue(c, LWI_GPU_CONV_INPUTS) && c->in[0]->rank <= 4;
}

static bool is_depthwise(const lwi_conv *v) {
    return v->channels == 1 && v->filters == 1 && v->groups % NEIGHBOURS == 0;
}

lw_status lwi_gpu_conv(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_conv v = {.groups = 0};
    if (takes_halves(c, step->device)) {
        LW_TRY(lwi_conv_shape(c, 0, 1, true, &v));
        *taken = is_depthwise(&v);
        if (*taken) return launch_half_depthwise(c, &v, step);
        *taken = v.channels >= LEAST_CHANNELS && v.batch * v.out_size / TILE < 65535;
        if (*taken) return launch_half_conv(c, &v, step);
    }
    if (!lwi_gpu_all_float(c) || !lwi_gpu_takes_epilogue(c, LWI_GPU_CONV_INPUTS) ||
        c->in[0]->rank > 4 || !lwi_is_constant(c, 1) || !c->in[1]->data)
        return lwi_gpu_direct(c, true, false, step, taken);
    LW_TRY(lwi_conv_shape(c, 0, 1, true, &v));
    if (v.batch * v.out_size / TILE >= 65535) return lwi_gpu_direct(c, true, false, step, taken);
    *taken = true;
    if (lwi_gpu_wants_winograd(c, &v)) return lwi_gpu_conv_winograd(c, &v, step);
    return launch_conv(c, &v, step);
}

/* -------------------------------------------------------------------- pools */

static lw_status plan_pool(const lwi_call *c, int kind, lwi_gpu_step *step, bool *taken) {
    lwi_window w;
    lwi_gpu_launch *launch = NULL;
    int32_t shape[LWI_GPU_CONV_SHAPE];
    const lw_value *x = c->in[0];
    if (!lwi_gpu_all_float(c) || x->rank > 4 || (c->n_out > 1 && c->out[1]))
        return lwi_gpu_pool(c, true, kind, step, taken);
    LW_TRY(lwi_pool_window(c, true, &w));
    lwi_gpu_conv_shape(&w, (size_t)x->dims[0], 1, (size_t)x->dims[x->rank - 1], 1, shape);
    LW_TRY(lwi_gpu_items(step, "pool_f32", c->out[0]->count, &launch));
    LW_TRY(lwi_gpu_data(step, launch, shape, sizeof shape));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, kind);
    lwi_gpu_int(launch, (int64_t)c->out[0]->count);
    *taken = true;
    return LW_OK;
}

lw_status lwi_gpu_max_pool(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_pool(c, 0, step, taken);
}

lw_status lwi_gpu_average_pool(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_pool(c, lwi_attr_int(c->node, "count_include_pad", 0) ? 2 : 1, step, taken);
}
