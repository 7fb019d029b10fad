/* SPDX-License-Identifier: MIT
 * Shapes of convolutions and their computation as matrix products (conv.h): for every image and
 * group, weights [filters, channels x kernel] by patches [channels x kernel, output]. The patches
 * are made panel by panel while the product needs them and never exist as a whole. */
#include "base/checked.h"
#include "ops/conv.h"

#include <string.h>

lw_status lwi_conv_shape(const lwi_call *c, size_t input_x, size_t input_w, bool channels_last,
                         lwi_conv *v) {
    const lw_value *x = c->in[input_x], *w = c->in[input_w];
    memset(v, 0, sizeof *v);
    LW_TRY(lwi_need_rank(c, input_x, 2, LW_MAX_RANK));
    LW_TRY(lwi_need_rank(c, input_w, x->rank, x->rank));
    const int64_t group = lwi_attr_int(c->node, "group", 1);
    const int64_t channels = x->dims[channels_last ? x->rank - 1 : 1], filters = w->dims[0];
    if (group < 1 || channels % group || filters % group)
        return lwi_call_fail(c, LW_SHAPE, "%lld channels and %lld filters cannot form %lld groups",
                             (long long)channels, (long long)filters, (long long)group);
    if (channels / group != w->dims[1])
        return lwi_call_fail(c, LW_SHAPE, "the weights have %lld channels, expected %lld / %lld",
                             (long long)w->dims[1], (long long)channels, (long long)group);
    const int rank = x->rank - 2;
    LW_TRY(lwi_window_read(c, rank, x->dims + (channels_last ? 1 : 2), w->dims + 2, &v->window));
    LW_TRY(lwi_window_slide(c, false, &v->window));
    v->batch = (size_t)x->dims[0];
    v->groups = (size_t)group;
    v->channels = (size_t)(channels / group);
    v->filters = (size_t)(filters / group);
    v->in_size = lwi_window_count(rank, v->window.in);
    v->out_size = lwi_window_count(rank, v->window.out);
    v->kernel_size = lwi_window_count(rank, v->window.kernel);
    return LW_OK;
}

int lwi_conv_dims(const lwi_conv *v, bool channels_last, int64_t dims[LW_MAX_RANK]) {
    const int rank = v->window.rank;
    dims[0] = (int64_t)v->batch;
    dims[channels_last ? rank + 1 : 1] = (int64_t)(v->filters * v->groups);
    memcpy(dims + (channels_last ? 1 : 2), v->window.out, (size_t)rank * sizeof *dims);
    return rank + 2;
}

lw_status lwi_conv_check_bias(const lwi_call *c, const lwi_conv *v, size_t bias) {
    if (!lwi_has(c, bias)) return LW_OK;
    const size_t filters = v->filters * v->groups;
    if (c->in[bias]->rank == 1 && c->in[bias]->count == filters) return LW_OK;
    return lwi_call_fail(c, LW_SHAPE, "the bias has %zu elements, expected %zu", c->in[bias]->count,
                         filters);
}

/* ------------------------------------------------------------------ finish */

#define FINISH(NAME, T, ACTIVATE)                                                                  \
    void NAME(const lwi_conv *v, size_t channel, T *y, size_t n) {                                 \
        if (v->bias) {                                                                             \
            const T bias = ((const T *)v->bias)[channel];                                          \
            for (size_t i = 0; i < n; i++)                                                         \
                y[i] += bias;                                                                      \
        }                                                                                          \
        if (v->z) {                                                                                \
            const T *z = (const T *)v->z + (y - (T *)v->y);                                        \
            for (size_t i = 0; i < n; i++)                                                         \
                y[i] += z[i];                                                                      \
        }                                                                                          \
        ACTIVATE(&v->activation, y, n);                                                            \
    }
FINISH(lwi_conv_finish_f32, float, lwi_activate_f32)
FINISH(lwi_conv_finish_f64, double, lwi_activate_f64)

#define FINISH_BLOCK(NAME, T, FINISH_ROW)                                                          \
    static void NAME(const void *arg, const lwi_block *b) {                                        \
        const lwi_conv *v = arg;                                                                   \
        const size_t first = b->product % v->groups * v->filters + b->row;                         \
        for (size_t r = 0; r < b->rows; r++)                                                       \
            FINISH_ROW(v, first + r, (T *)b->y + r * b->y_row, b->columns);                        \
    }
FINISH_BLOCK(finish_f32, float, lwi_conv_finish_f32)
FINISH_BLOCK(finish_f64, double, lwi_conv_finish_f64)

/* ----------------------------------------------------------------- product */

typedef struct source {
    lwi_conv conv; /* first: the callbacks for patches and for the end take a lwi_conv */
    size_t element;
} source;

static void operands(const void *arg, size_t i, lwi_operands *o) {
    const source *s = arg;
    const lwi_conv *v = &s->conv;
    const size_t k = v->channels * v->kernel_size, m = v->filters;
    o->a = (lwi_matrix){(const char *)v->w + i % v->groups * m * k * s->element, k, 1};
    o->b =
        (lwi_matrix){(const char *)v->x + i * v->channels * v->in_size * s->element, v->in_size, 1};
    o->y = (char *)v->y + i * m * v->out_size * s->element;
    o->y_row = v->out_size;
}

/* Every output place sees the input element at the same place: the input is the matrix already. */
static bool is_pointwise(const lwi_window *w) {
    for (int d = 0; d < w->rank; d++)
        if (w->kernel[d] != 1 || w->stride[d] != 1 || w->begin[d] || w->end[d]) return false;
    return true;
}

lw_status lwi_conv_compute(lwi_call *c, const lwi_conv *v, lw_dtype dtype, const lwi_tile *tile) {
    if (v->groups > 1 && v->channels == 1 && v->window.rank > 0) {
        lwi_conv_planes(c, v, dtype);
        return LW_OK;
    }
    const source s = {*v, lwi_dtype_size(dtype)};
    lwi_product p = {.dtype = dtype,
                     .m = v->filters,
                     .n = v->out_size,
                     .k = v->channels * v->kernel_size,
                     .batch = v->batch * v->groups,
                     .arg = &s,
                     .operands = operands};
    if (!is_pointwise(&v->window))
        p.fill = s.element == 4 ? lwi_conv_patches_32 : lwi_conv_patches_64;
    if (dtype == LW_FLOAT32) p.finish = finish_f32;
    if (dtype == LW_FLOAT64) p.finish = finish_f64;
    return lwi_multiply(c, &p, tile);
}
