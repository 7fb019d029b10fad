/* SPDX-License-Identifier: MIT
 * ConvInteger and QLinearConv (ONNX 10), and com.microsoft's QLinearConv, whose channels may come
 * last. lampwick.QLinearConv also clamps codes to the attributes low and high.
 * lampwick.ConvIntegerToFloat is (sums + sum_bias) * (x_scale * w_scale) + bias in float32, with
 * the biases for each filter. */
#include "ops/conv.h"
#include "ops/quantized_product.h"

static lw_status infer_integer(lwi_call *c) {
    lwi_conv v;
    int64_t dims[LW_MAX_RANK];
    LW_TRY(lwi_conv_shape(c, 0, 1, false, &v));
    return lwi_out(c, 0, LW_INT32, lwi_conv_dims(&v, false, dims), dims);
}

static bool channels_last(const lwi_call *c) {
    return lwi_attr_int(c->node, "channels_last", 0) != 0;
}

static lw_status infer_qlinear(lwi_call *c) {
    lwi_conv v;
    int64_t dims[LW_MAX_RANK];
    const bool last = channels_last(c);
    LW_TRY(lwi_conv_shape(c, 0, 3, last, &v));
    LW_TRY(lwi_conv_check_bias(c, &v, 8));
    return lwi_out(c, 0, c->in[7]->dtype, lwi_conv_dims(&v, last, dims), dims);
}

/* sums = conv(x - zero x, w - zero w); x has its channels first. */
static lw_status convolve(lwi_call *c, lwi_conv *v, const lw_value *x, size_t x_zero, size_t w,
                          size_t w_zero, void *sums) {
    lwi_spread zero_x, zero_w;
    void *centered_x, *centered_w;
    const lw_value *vw = c->in[w];
    LW_TRY(lwi_spread_read(c, x_zero, 0, NULL, -1, &zero_x));
    LW_TRY(lwi_spread_read(c, w_zero, vw->rank, vw->dims, 0, &zero_w));
    LW_TRY(lwi_center(c, x, &zero_x, &centered_x));
    LW_TRY(lwi_center(c, vw, &zero_w, &centered_w));
    v->x = centered_x;
    v->w = centered_w;
    v->y = sums;
    return lwi_conv_compute(c, v, LW_UINT32, NULL);
}

static lw_status run_integer(lwi_call *c) {
    lwi_conv v;
    LW_TRY(lwi_conv_shape(c, 0, 1, false, &v));
    if (c->out[0]->count == 0) return LW_OK;
    return convolve(c, &v, c->in[0], 2, 1, 3, c->out[0]->data);
}

/* A scratch tensor like value but with its channels first. */
static lw_status make_turned(lwi_call *c, const lw_value *value, lw_value *turned) {
    int64_t dims[LW_MAX_RANK];
    void *data = NULL;
    dims[0] = value->dims[0];
    dims[1] = value->dims[value->rank - 1];
    for (int d = 2; d < value->rank; d++)
        dims[d] = value->dims[d - 1];
    LW_TRY(lwi_scratch(c, value->bytes, 1, &data));
    return lwi_tensor_init(turned, value->dtype, value->rank, dims, data);
}

static lw_status run_qlinear(lwi_call *c) {
    lwi_conv v;
    lw_value *y = c->out[0], turned_x, turned_y;
    const lw_value *x = c->in[0];
    const bool last = channels_last(c);
    LW_TRY(lwi_conv_shape(c, 0, 3, last, &v));
    if (y->count == 0) return LW_OK;
    if (last) {
        LW_TRY(make_turned(c, x, &turned_x));
        LW_TRY(make_turned(c, y, &turned_y));
        lwi_conv_turn(c, x->data, v.batch, v.in_size, v.groups * v.channels, 1, turned_x.data);
        x = &turned_x;
    }
    void *sums = NULL;
    lwi_requantize q = {.y = last ? &turned_y : y};
    LW_TRY(lwi_spread_read(c, 1, 0, NULL, -1, &q.scale_a));
    LW_TRY(lwi_spread_read(c, 4, y->rank, q.y->dims, 1, &q.scale_b));
    LW_TRY(lwi_spread_read(c, 6, 0, NULL, -1, &q.scale_y));
    LW_TRY(lwi_spread_read(c, 7, 0, NULL, -1, &q.zero_y));
    LW_TRY(lwi_spread_read(c, 8, y->rank, q.y->dims, 1, &q.bias));
    LW_TRY(lwi_scratch(c, y->count, 4, &sums));
    LW_TRY(convolve(c, &v, x, 2, 3, 5, sums));
    q.sums = sums;
    lwi_requantize_run(c, &q);
    if (last)
        lwi_conv_turn(c, turned_y.data, v.batch, v.groups * v.filters, v.out_size, 1, y->data);
    return LW_OK;
}

enum { X_SCALE = 2, W_SCALE, X_ZERO, W_ZERO, SUM_BIAS, BIAS };

static lw_status infer_to_float(lwi_call *c) {
    lwi_conv v;
    int64_t dims[LW_MAX_RANK];
    const bool last = channels_last(c);
    LW_TRY(lwi_conv_shape(c, 0, 1, last, &v));
    for (size_t i = SUM_BIAS; i <= BIAS; i++)
        if (lwi_has(c, i) && c->in[i]->count != v.groups * v.filters)
            return lwi_call_fail(c, LW_SHAPE, "there is not a bias for each filter");
    return lwi_out(c, 0, LW_FLOAT32, lwi_conv_dims(&v, last, dims), dims);
}

/* Sums, with their channels first, become numbers. */
static lw_status scale_sums(lwi_call *c, const lwi_conv *v, const int32_t *sums, float *y) {
    double scale = 0, of_weights = 0;
    LW_TRY(lwi_in_number(c, X_SCALE, &scale));
    LW_TRY(lwi_in_number(c, W_SCALE, &of_weights));
    const float factor = (float)scale * (float)of_weights;
    const size_t filters = v->groups * v->filters;
    for (size_t i = 0; i < v->batch * filters; i++) {
        const size_t filter = i % filters;
        const uint32_t more =
            lwi_has(c, SUM_BIAS) ? (uint32_t)lwi_get_int(c->in[SUM_BIAS], filter) : 0;
        const float bias = lwi_has(c, BIAS) ? (float)lwi_get_double(c->in[BIAS], filter) : 0;
        for (size_t k = 0; k < v->out_size; k++, sums++)
            *y++ = (float)(int32_t)((uint32_t)*sums + more) * factor + bias;
    }
    return LW_OK;
}

static lw_status run_to_float(lwi_call *c) {
    lwi_conv v;
    lw_value *y = c->out[0], turned;
    const lw_value *x = c->in[0];
    const bool last = channels_last(c);
    void *sums = NULL, *to = y->data;
    LW_TRY(lwi_conv_shape(c, 0, 1, last, &v));
    if (y->count == 0) return LW_OK;
    LW_TRY(lwi_scratch(c, y->count, 4, &sums));
    if (last) {
        LW_TRY(make_turned(c, x, &turned));
        LW_TRY(lwi_scratch(c, y->count, 4, &to));
        lwi_conv_turn(c, x->data, v.batch, v.in_size, v.groups * v.channels, 1, turned.data);
        x = &turned;
    }
    LW_TRY(convolve(c, &v, x, X_ZERO, 1, W_ZERO, sums));
    LW_TRY(scale_sums(c, &v, sums, to));
    if (last) lwi_conv_turn(c, to, v.batch, v.groups * v.filters, v.out_size, 4, y->data);
    return LW_OK;
}

/* Codes below low become low, above high high. */
static void clamp_codes(const lwi_call *c, lw_value *y) {
    const int64_t least = y->dtype == LW_INT8 ? -128 : 0;
    const int64_t low = lwi_attr_int(c->node, "low", least);
    const int64_t high = lwi_attr_int(c->node, "high", least + 255);
    for (size_t i = 0; i < y->count; i++) {
        uint8_t *byte = (uint8_t *)y->data + i;
        const int64_t code = lwi_get_int(y, i);
        *byte = (uint8_t)(code < low ? low : code > high ? high : code);
    }
}

static lw_status run_clamped(lwi_call *c) {
    LW_TRY(run_qlinear(c));
    clamp_codes(c, c->out[0]);
    return LW_OK;
}

const lwi_op lwi_op_conv_integer = {.infer = infer_integer, .run = run_integer};
const lwi_op lwi_op_qlinear_conv = {.infer = infer_qlinear, .run = run_qlinear};
const lwi_op lwi_op_ms_qlinear_conv = {.infer = infer_qlinear, .run = run_qlinear};
const lwi_op lwi_op_clamped_qlinear_conv = {.infer = infer_qlinear, .run = run_clamped};
const lwi_op lwi_op_conv_integer_to_float = {.infer = infer_to_float, .run = run_to_float};
