/* SPDX-License-Identifier: MIT
 * ConvTranspose (ONNX 22). For each image and group a product of the transposed weights with the
 * input gives columns [filters x kernel, input], which are then folded into the output. */
#include "ops/conv_transpose.h"

#include "base/checked.h"
#include "ops/fold.h"

#include <string.h>

static const int64_t MAX_SIZE = INT64_C(1) << 40;

/* One output dimension; *total becomes the sum of the pads where they follow from it. */
static lw_status output_size(const lwi_call *c, const lwi_window *w, int d, int64_t extra,
                             int64_t wanted, bool same, int64_t *size, int64_t *total) {
    int64_t full = 0;
    if (w->out[d] < 1) {
        *size = 0;
        *total = -1;
        return LW_OK;
    }
    if (!lwi_mul_i64(w->out[d] - 1, w->stride[d], &full) || full > MAX_SIZE)
        return lwi_call_fail(c, LW_LIMIT, "the output is too large along axis %d", d);
    full += extra + w->extent[d];
    *total = -1;
    *size = full - w->begin[d] - w->end[d];
    if (wanted >= 0 || same) {
        *size = wanted >= 0 ? wanted : w->out[d] * w->stride[d];
        *total = full > *size ? full - *size : 0;
    }
    if (*size < 0 || *size > MAX_SIZE)
        return lwi_call_fail(c, LW_SHAPE, "the output has size %lld along axis %d",
                             (long long)*size, d);
    return LW_OK;
}

static lw_status read_list(const lwi_call *c, const char *name, int rank, const int64_t **list) {
    size_t n = 0;
    *list = lwi_attr_ints(c->node, name, &n);
    if (*list && n != (size_t)rank)
        return lwi_call_fail(c, LW_SHAPE, "%s has %zu elements, expected %d", name, n, rank);
    for (size_t i = 0; i < n; i++)
        if ((*list)[i] < 0 || (*list)[i] > MAX_SIZE)
            return lwi_call_fail(c, LW_RANGE, "%s[%zu] is %lld", name, i, (long long)(*list)[i]);
    return LW_OK;
}

/* Output sizes and pads; the window's in and out change places. */
static lw_status place(const lwi_call *c, lwi_window *w) {
    const int64_t *extra, *wanted;
    const char *mode = lwi_attr_string(c->node, "auto_pad", "NOTSET");
    const bool upper = !strcmp(mode, "SAME_UPPER"), same = upper || !strcmp(mode, "SAME_LOWER");
    LW_TRY(read_list(c, "output_padding", w->rank, &extra));
    LW_TRY(read_list(c, "output_shape", w->rank, &wanted));
    memcpy(w->out, w->in, sizeof w->out);
    for (int d = 0; d < w->rank; d++) {
        int64_t total = -1;
        if (!strcmp(mode, "VALID")) w->begin[d] = w->end[d] = 0;
        LW_TRY(output_size(c, w, d, extra ? extra[d] : 0, wanted ? wanted[d] : -1, same, &w->in[d],
                           &total));
        if (total >= 0) {
            w->begin[d] = upper ? total / 2 : total - total / 2;
            w->end[d] = total - w->begin[d];
        }
    }
    return LW_OK;
}

lw_status lwi_conv_transpose_shape(const lwi_call *c, bool channels_last, lwi_conv *t) {
    const lw_value *x = c->in[0], *w = c->in[1];
    LW_TRY(lwi_need_rank(c, 0, 3, LW_MAX_RANK));
    LW_TRY(lwi_need_rank(c, 1, x->rank, x->rank));
    memset(t, 0, sizeof *t);
    const int64_t group = lwi_attr_int(c->node, "group", 1);
    const int64_t channels = x->dims[channels_last ? x->rank - 1 : 1];
    if (group < 1 || channels % group || w->dims[0] != channels)
        return lwi_call_fail(c, LW_SHAPE,
                             "%lld channels, %lld in the weights and %lld groups do not match",
                             (long long)channels, (long long)w->dims[0], (long long)group);
    if (w->dims[1] > MAX_SIZE || group > MAX_SIZE)
        return lwi_call_fail(c, LW_LIMIT, "the weights have too many filters");
    LW_TRY(lwi_window_read(c, x->rank - 2, x->dims + (channels_last ? 1 : 2), w->dims + 2,
                           &t->window));
    LW_TRY(place(c, &t->window));
    const int rank = t->window.rank;
    t->batch = (size_t)x->dims[0];
    t->groups = (size_t)group;
    t->channels = (size_t)(channels / group);
    t->filters = (size_t)w->dims[1];
    t->in_size = lwi_window_count(rank, t->window.out);
    t->out_size = lwi_window_count(rank, t->window.in);
    t->kernel_size = lwi_window_count(rank, t->window.kernel);
    return LW_OK;
}

static lw_status infer(lwi_call *c) {
    lwi_conv t;
    int64_t dims[LW_MAX_RANK];
    LW_TRY(lwi_conv_transpose_shape(c, false, &t));
    if (!lwi_mul_i64((int64_t)t.filters, (int64_t)t.groups, &dims[1]))
        return lwi_call_fail(c, LW_LIMIT, "too many filters");
    if (lwi_has(c, 2) && (c->in[2]->rank != 1 || c->in[2]->dims[0] != dims[1]))
        return lwi_call_fail(c, LW_SHAPE, "the bias has %zu elements, expected %lld",
                             c->in[2]->count, (long long)dims[1]);
    dims[0] = (int64_t)t.batch;
    memcpy(dims + 2, t.window.in, (size_t)t.window.rank * sizeof *dims);
    return lwi_out(c, 0, c->in[0]->dtype, t.window.rank + 2, dims);
}

/* The product of one image and group. */
static void operands(const void *arg, size_t i, lwi_operands *o) {
    (void)i;
    *o = *(const lwi_operands *)arg;
}

#define ADD_BIAS(T)                                                                                \
    for (size_t p = 0; p < planes; p++)                                                            \
        for (size_t i = 0; i < t->out_size; i++)                                                   \
    ((T *)y->data)[p * t->out_size + i] += ((const T *)bias->data)[p % channels]

static void add_bias(const lwi_conv *t, const lw_value *bias, lw_value *y) {
    const size_t channels = t->groups * t->filters, planes = t->batch * channels;
    if (y->dtype == LW_FLOAT32) ADD_BIAS(float);
    else ADD_BIAS(double);
}

lw_status lwi_conv_transpose_run(lwi_call *c, const lwi_tile *tile) {
    lwi_conv t;
    const lw_value *x = c->in[0];
    lw_value *y = c->out[0];
    LW_TRY(lwi_conv_transpose_shape(c, false, &t));
    if (y->count == 0) return LW_OK;
    const size_t rows = t.filters * t.kernel_size, element = lwi_dtype_size(y->dtype);
    char *columns = NULL;
    size_t n = 0;
    if (!lwi_mul_size(rows, t.in_size, &n)) n = SIZE_MAX;
    LW_TRY(lwi_scratch(c, n, element, &columns));
    for (size_t i = 0; i < t.batch * t.groups; i++) {
        const char *w = (const char *)c->in[1]->data + i % t.groups * t.channels * rows * element;
        const char *image = (const char *)x->data + i * t.channels * t.in_size * element;
        const lwi_operands o = {{w, 1, rows}, {image, t.in_size, 1}, columns, t.in_size};
        const lwi_product p = {.dtype = y->dtype,
                               .m = rows,
                               .n = t.in_size,
                               .k = t.channels,
                               .batch = 1,
                               .arg = &o,
                               .operands = operands};
        LW_TRY(lwi_multiply(c, &p, tile));
        LW_TRY(lwi_fold(c, &t.window, y->dtype, t.filters, columns,
                        (char *)y->data + i * t.filters * t.out_size * element));
    }
    if (lwi_has(c, 2)) add_bias(&t, c->in[2], y);
    return LW_OK;
}

static lw_status run(lwi_call *c) { return lwi_conv_transpose_run(c, NULL); }

const lwi_op lwi_op_conv_transpose = {.infer = infer, .run = run, .flags = LWI_WIDEN};
