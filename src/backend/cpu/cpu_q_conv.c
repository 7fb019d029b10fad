/* SPDX-License-Identifier: MIT
 * QLinearConv, ConvInteger and ConvIntegerToFloat: the input is padded with its zero point and has
 * its channels last; then every line of outputs is a matrix product that reads the input in place.
 */
#include "backend/cpu/cpu_q_conv.h"

#include <string.h>

enum { NO = LWI_NO_INPUT };

static const lwi_q_roles INTEGER = {0, NO, 2, 1, NO, 3, NO, NO, NO, NO};
static const lwi_q_roles TO_FLOAT = {0, 2, 4, 1, 3, 5, NO, NO, 6, 7};
static const lwi_q_roles QLINEAR = {0, 1, 2, 3, 4, 5, 6, 7, 8, NO};

static bool is_last(const lwi_call *c) { return lwi_attr_int(c->node, "channels_last", 0) != 0; }

static size_t product(int rank, const int64_t *dims) {
    size_t n = 1;
    for (int d = 0; d < rank; d++)
        n *= (size_t)dims[d];
    return n;
}

/* ------------------------------------------------------------------- shape */

/* The input byte at which the window of output line `line` of an image begins. */
static size_t line_start(const lwi_q_conv *q, size_t line) {
    const lwi_window *w = &q->v.window;
    size_t at = 0, stride = q->channels * (size_t)q->size[w->rank - 1];
    for (int d = w->rank - 2; d >= 0; d--) {
        at += line % (size_t)w->out[d] * (size_t)w->stride[d] * stride;
        line /= (size_t)w->out[d];
        stride *= (size_t)q->size[d];
    }
    return at;
}

/* Offsets of the kernel's positions from the window's first byte. */
static void list_positions(const lwi_q_conv *q, int64_t *offsets) {
    const lwi_window *w = &q->v.window;
    for (size_t i = 0; i < q->v.kernel_size; i++) {
        size_t rest = i, at = 0, stride = q->channels;
        for (int d = w->rank - 1; d >= 0; d--) {
            at += rest % (size_t)w->kernel[d] * (size_t)w->dilation[d] * stride;
            rest /= (size_t)w->kernel[d];
            stride *= (size_t)q->size[d];
        }
        offsets[i] = (int64_t)at;
    }
}

static bool is_whole(const lwi_window *w) {
    for (int d = 0; d < w->rank; d++)
        if (w->kernel[d] != 1 || w->stride[d] != 1 || w->begin[d] || w->end[d]) return false;
    return true;
}

/* How the input is padded, and how it is cut into runs and lines. */
static void find_form(lwi_q_conv *q) {
    const lwi_conv *v = &q->v;
    const lwi_window *w = &v->window;
    const int inner = w->rank - 1;
    q->filters = v->filters * v->groups;
    q->channels = v->channels * v->groups;
    for (int d = 0; d < w->rank; d++) {
        const int64_t reach = (w->out[d] - 1) * w->stride[d] + w->extent[d] - w->begin[d];
        q->size[d] = w->begin[d] + (reach > w->in[d] ? reach : w->in[d]);
        if (q->size[d] != w->in[d] && !q->depthwise) q->copied = true;
    }
    const bool joined = v->groups == 1 && w->dilation[inner] == 1;
    q->padded_bytes = q->channels * product(w->rank, q->size);
    q->row = (size_t)w->stride[inner] * q->channels;
    q->rows = (size_t)w->out[inner];
    q->lines = v->out_size / q->rows;
    q->segments = v->kernel_size;
    q->length = joined ? q->channels : v->channels;
    if (joined) {
        q->segments /= (size_t)w->kernel[inner];
        q->length *= (size_t)w->kernel[inner];
    }
    if (!q->copied && !q->depthwise && is_whole(w)) { /* an image is one line */
        q->rows = v->out_size;
        q->lines = 1;
    }
    q->depth = q->segments * lwi_q_whole_steps(q->length);
    q->real = q->length;
}

/* Runs in whole steps are read faster; what follows a run meets weights of zero. Behind a copied
 * input there is room for that. */
static void round_runs(lwi_q_conv *q) {
    if (q->copied && !q->columns.zeros && q->segments < q->v.kernel_size)
        q->length = lwi_q_whole_steps(q->length);
}

/* ------------------------------------------------------------------- claim */

static bool shape_of(const lwi_call *c, const lwi_q_roles *r, lwi_conv *v) {
    return lwi_conv_shape(c, (size_t)r->a, (size_t)r->b, is_last(c), v) == LW_OK;
}

/* Strides may step over almost all of a large padding: then a padded copy is no good idea. */
static bool is_padding_small(const lwi_call *c, const lwi_window *w) {
    double size = 1, in = 1;
    for (int d = 0; d < w->rank; d++) {
        size *= (double)w->in[d] + (double)w->begin[d] + (double)w->end[d];
        in *= (double)w->in[d];
    }
    return size <= 16 * in + (double)c->out[0]->count + (1 << 16);
}

/* The roles of what may not change from run to run. */
static lwi_q_roles fixed_roles(const lwi_call *c, const lwi_q_roles *r) {
    lwi_q_roles fixed = *r;
    if (c->out[0]->dtype == LW_FLOAT32) fixed.a_scale = fixed.bias = NO;
    return fixed;
}

static bool fits(const lwi_call *c, const lwi_q_roles *r) {
    lwi_conv v;
    if (!c->out[0] || !shape_of(c, r, &v) || v.window.rank < 1) return false;
    if (!lwi_is_8_bits(c->in[0]->dtype) || v.out_size == 0 || v.channels * v.filters == 0)
        return false;
    if (v.groups >> 24 || v.channels > (1 << 24) / v.kernel_size) return false;
    const bool depthwise = lwi_q_depthwise_fits(c, &v);
    const lwi_q_roles fixed = fixed_roles(c, r);
    if (!depthwise && v.groups > 8 && v.channels < 4) return false; /* too little in a group */
    return is_padding_small(c, &v.window) && lwi_q_fits(c, r, v.filters * v.groups) &&
           lwi_q_is_fixed(c, &fixed, depthwise);
}

/* ----------------------------------------------------------------- prepare */

typedef struct packing {
    const lwi_q_conv *q;
    const int64_t *offsets; /* [depth] into the weights of a filter */
} packing;

/* W is [M, channels, kernel ...]; k goes over positions of the kernel, then over channels. */
static lw_status list_weights(lwi_call *c, const lwi_q_conv *q, int64_t **offsets) {
    const lwi_conv *v = &q->v;
    const size_t each = q->depth / q->segments; /* k of a run */
    const size_t positions = v->kernel_size / q->segments, channels = q->real / positions;
    LW_TRY(lwi_scratch(c, q->depth, sizeof **offsets, offsets));
    for (size_t k = 0; k < q->depth; k++) {
        const size_t in = k % each, channel = in % channels;
        const size_t position = k / each * positions + in / channels;
        (*offsets)[k] = in < q->real ? (int64_t)(channel * v->kernel_size + position) : -1;
    }
    return LW_OK;
}

static lw_status pack(void *arg, const lw_value *from, void *to) {
    const packing *p = arg;
    const lwi_q_conv *q = p->q;
    const size_t filter = q->v.channels * q->v.kernel_size;
    for (size_t g = 0; g < q->v.groups; g++)
        lwi_q_pack((const uint8_t *)from->data + g * q->v.filters * filter, from->dtype, p->offsets,
                   q->depth, filter, q->v.filters, (char *)to + g * q->packed_step);
    return LW_OK;
}

/* What the packed form depends on, besides its size. */
static uint64_t variant_of(const lwi_q_conv *q, size_t width) {
    const bool joined = q->segments != q->v.kernel_size;
    return (uint64_t)width << 56 | (uint64_t)joined << 55 | (uint64_t)q->v.groups << 31 |
           (uint64_t)q->channels;
}

/* Where the sums of all groups start. */
static lw_status find_starts(const lwi_call *c, const lwi_q_conv *q, int32_t *start) {
    const size_t filters = q->v.filters;
    for (size_t g = 0; g < q->v.groups; g++) {
        const lwi_q_packed b = lwi_q_packed_at(q->packed + g * q->packed_step, q->depth, filters);
        LW_TRY(lwi_q_start(c, &q->roles, NULL, &q->columns, q->segments * q->length, b.sums,
                           g * filters, filters, start + g * filters));
    }
    return LW_OK;
}

static lw_status prepare_general(lwi_call *c, lwi_q_conv *q) {
    const size_t width = lwi_cpu_kernels()->gemm_i8_width;
    packing p = {q, NULL};
    const void *packed = NULL;
    q->packed_step = (lwi_q_packed_bytes(q->depth, q->v.filters) + 63) / 64 * 64;
    LW_TRY(list_weights(c, q, (int64_t **)&p.offsets));
    LW_TRY(lwi_packed(c, (size_t)q->roles.b, "conv_i8", variant_of(q, width),
                      q->packed_step * q->v.groups, pack, &p, &packed));
    if (!packed) return lwi_call_fail(c, LW_INTERNAL, "the weights could not be packed");
    q->packed = packed;
    if (q->zero_known) LW_TRY(find_starts(c, q, q->columns.start));
    int64_t *all = NULL;
    LW_TRY(lwi_scratch(c, q->v.kernel_size, sizeof *all, &all));
    list_positions(q, all);
    for (size_t s = 0; s < q->segments; s++)
        q->offsets[s] = all[s * (q->v.kernel_size / q->segments)];
    return LW_OK;
}

static lw_status prepare(lwi_call *c, const lwi_q_roles *r) {
    const size_t width = lwi_cpu_kernels()->gemm_i8_width;
    lwi_q_conv q = {.roles = *r, .last = is_last(c)}, *made = NULL;
    LW_TRY(lwi_conv_shape(c, (size_t)r->a, (size_t)r->b, q.last, &q.v));
    q.depthwise = lwi_q_depthwise_fits(c, &q.v);
    find_form(&q);
    const bool zero = lwi_has(c, (size_t)r->a_zero), to_float = c->out[0]->dtype == LW_FLOAT32;
    q.zero_known = !to_float && (!zero || lwi_is_constant(c, (size_t)r->a_zero));
    if (zero && q.zero_known) q.fill = (uint8_t)lwi_get_int(c->in[r->a_zero], 0);
    const lwi_q_roles fixed = fixed_roles(c, r);
    const size_t offsets = q.v.kernel_size * sizeof(int64_t);
    const size_t padded = q.filters + width;
    LW_TRY(lwi_prepare(c, sizeof *made + offsets + lwi_q_columns_bytes(padded), &made));
    q.offsets = (int64_t *)(made + 1);
    LW_TRY(lwi_q_columns_make(c, &fixed, NULL, q.filters, padded, (char *)q.offsets + offsets,
                              &q.columns));
    round_runs(&q);
    *made = q;
    return q.depthwise ? lwi_q_depthwise_prepare(c, made) : prepare_general(c, made);
}

static lw_status prepare_integer(lwi_call *c) { return prepare(c, &INTEGER); }
static lw_status prepare_to_float(lwi_call *c) { return prepare(c, &TO_FLOAT); }
static lw_status prepare_qlinear(lwi_call *c) { return prepare(c, &QLINEAR); }

/* --------------------------------------------------------------------- run */

typedef struct lines {
    const lwi_q_conv *q;
    const uint8_t *x;
    char *y;
    size_t element;
} lines;

/* Lines are numbered by image, then group, then place. */
static size_t locate(const void *arg, size_t i, lwi_gemm_i8_job *j) {
    const lines *l = arg;
    const lwi_q_conv *q = l->q;
    const size_t line = i % q->lines, group = i / q->lines % q->v.groups;
    const size_t image = i / q->lines / q->v.groups, first = group * q->v.filters;
    j->a = l->x + image * q->padded_bytes + line_start(q, line) + group * q->v.channels;
    j->b = (const int8_t *)(q->packed + group * q->packed_step);
    j->start = q->columns.start + first;
    j->y = l->y + ((image * q->lines + line) * q->rows * q->filters + first) * l->element;
    return first;
}

static lw_status run_general(lwi_call *c, const lwi_q_conv *q, const uint8_t *x, void *y) {
    const lines l = {q, x, y, lwi_dtype_size(c->out[0]->dtype)};
    lwi_q_gemm g = {.lines = q->v.batch * q->v.groups * q->lines, .arg = &l, .locate = locate};
    g.job = (lwi_gemm_i8_job){.a_row = q->row,
                              .offsets = q->offsets,
                              .segments = q->segments,
                              .length = q->length,
                              .flip = lwi_q_gemm_flip(c->in[0]->dtype),
                              .b_panel = lwi_q_panel_bytes(q->depth),
                              .rows = q->rows,
                              .columns = q->v.filters,
                              .zero_b = q->columns.zero_b,
                              .y_row = q->filters,
                              .output = &q->columns.output};
    if (q->columns.zeros)
        LW_TRY(lwi_scratch(c, g.lines * q->rows, sizeof *g.row_sums, &g.row_sums));
    lwi_q_gemm_run(c, &g);
    return LW_OK;
}

/* What depends on a zero point that is not constant. */
static lw_status take_zero(lwi_call *c, lwi_q_conv *q) {
    const size_t padded = q->filters + lwi_cpu_kernels()->gemm_i8_width;
    int32_t *start = NULL;
    if (lwi_has(c, (size_t)q->roles.a_zero))
        q->fill = (uint8_t)lwi_get_int(c->in[q->roles.a_zero], 0);
    LW_TRY(lwi_scratch(c, padded, sizeof *start, &start));
    memset(start, 0, padded * sizeof *start);
    LW_TRY(find_starts(c, q, start));
    q->columns.start = start;
    return LW_OK;
}

/* Scales of A are one number, which may change. */
static lw_status take_scale(lwi_call *c, lwi_q_conv *q) {
    const size_t padded = q->filters + lwi_cpu_kernels()->gemm_i8_width;
    float *scale = NULL;
    LW_TRY(lwi_scratch(c, padded, sizeof *scale, &scale));
    const float a = (float)lwi_get_double(c->in[q->roles.a_scale], 0);
    for (size_t i = 0; i < padded; i++)
        scale[i] = a * q->columns.scale[i];
    q->columns.output.scale = scale;
    return LW_OK;
}

static lw_status run(lwi_call *c) {
    lwi_q_conv q = *(const lwi_q_conv *)c->prepared;
    lw_value *y = c->out[0];
    const uint8_t *x = NULL;
    if (!y || y->count == 0) return LW_OK;
    void *to = y->data;
    const bool turn = !q.last && q.v.out_size != 1 && q.filters != 1;
    if (turn) LW_TRY(lwi_scratch(c, y->bytes, 1, &to));
    if (!q.zero_known) LW_TRY(take_zero(c, &q));
    if (y->dtype == LW_FLOAT32) LW_TRY(take_scale(c, &q));
    LW_TRY(lwi_q_conv_input(c, &q, &x));
    if (q.depthwise) lwi_q_depthwise_run(c, &q, x, to);
    else LW_TRY(run_general(c, &q, x, to));
    if (turn && lwi_dtype_size(y->dtype) == 1)
        lwi_q_turn(c, to, q.v.batch, q.v.out_size, q.filters, y->data);
    else if (turn)
        lwi_conv_turn(c, to, q.v.batch, q.v.out_size, q.filters, lwi_dtype_size(y->dtype), y->data);
    return LW_OK;
}

#define CONV(ident, ROLES, PREPARE)                                                                \
    const lwi_kernel *lwi_cpu_##ident##_claim(const lwi_call *c);                                  \
    const lwi_kernel *lwi_cpu_##ident##_claim(const lwi_call *c) {                                 \
        static const lwi_kernel kernel = {PREPARE, run};                                           \
        return fits(c, &(ROLES)) ? &kernel : NULL;                                                 \
    }
CONV(clamped_qlinear_conv, QLINEAR, prepare_qlinear)
CONV(conv_integer, INTEGER, prepare_integer)
CONV(conv_integer_to_float, TO_FLOAT, prepare_to_float)
CONV(qlinear_conv, QLINEAR, prepare_qlinear)
CONV(ms_qlinear_conv, QLINEAR, prepare_qlinear)
