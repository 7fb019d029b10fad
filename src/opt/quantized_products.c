/* SPDX-License-Identifier: MIT
 * The integer forms of Conv, MatMul and Gemm. Sums of products of codes are exact, so the result
 * is that of the float form up to the rounding of its sums, which may be one code where a number
 * lies in the middle between two. */
#include "opt/quantized.h"

#include "ops/op.h"

#include <string.h>

static const char *const WINDOW[] = {"auto_pad", "dilations", "group", "kernel_shape",
                                     "pads",     "strides",   NULL};

/* The scale is single, or there is one for each of n along the axis. */
static bool has_scales(const lwi_rewrite *r, const lwi_quantized *q, int axis, int rank,
                       int64_t n) {
    if (q->single) return true;
    const int64_t at = q->axis < 0 ? q->axis + rank : q->axis;
    return at == axis && (int64_t)lwi_constant(r, q->scale)->count == n;
}

static bool is_8_bits(const lwi_quantized *q) {
    return q->dtype == LW_INT8 || q->dtype == LW_UINT8;
}

/* Inputs x, scale, zero, w, scale, zero, y scale, y zero. */
static lw_status list_inputs(const lwi_quantized_op *op, const lwi_quantized *x,
                             const lwi_quantized *w, int inputs[8]) {
    inputs[0] = x->codes;
    inputs[1] = x->scale;
    LW_TRY(lwi_zero_value(op->r, x, &inputs[2]));
    inputs[3] = w->codes;
    inputs[4] = w->scale;
    LW_TRY(lwi_zero_value(op->r, w, &inputs[5]));
    inputs[6] = op->y.scale;
    return lwi_zero_value(op->r, &op->y, &inputs[7]);
}

lw_status lwi_integer_conv(const lwi_quantized_op *op, int out, bool *made, bool *clamps) {
    lwi_rewrite *r = op->r;
    const lwi_node *node = &r->graph->nodes[op->index];
    lwi_quantized x, w;
    int inputs[9], bias = lwi_input(r, node, 2);
    if (!lwi_dequantized(r, lwi_input(r, node, 0), &x) || !x.single || !is_8_bits(&x) ||
        !lwi_dequantized(r, lwi_input(r, node, 1), &w) || !is_8_bits(&w))
        return LW_OK;
    const lw_value *weights = lwi_constant(r, w.codes);
    if (!weights || weights->rank < 3 || !has_scales(r, &w, 0, weights->rank, weights->dims[0]))
        return LW_OK;
    if (bias >= 0) {
        LW_TRY(lwi_integer_bias(r, bias, &x, &w, (size_t)weights->dims[0], &bias));
        if (bias < 0) return LW_OK;
    }
    LW_TRY(list_inputs(op, &x, &w, inputs));
    inputs[8] = bias;
    LW_TRY(lwi_integer_node(op, "lampwick", "QLinearConv", inputs, bias < 0 ? 8 : 9, out, WINDOW));
    lwi_node *conv = lwi_producer(r, out);
    LW_TRY(lwi_node_set_int(r->graph->arena, conv, "low", op->low));
    LW_TRY(lwi_node_set_int(r->graph->arena, conv, "high", op->high));
    *made = *clamps = true;
    return LW_OK;
}

lw_status lwi_integer_matmul(const lwi_quantized_op *op, int out, bool *made, bool *clamps) {
    lwi_rewrite *r = op->r;
    const lwi_node *node = &r->graph->nodes[op->index];
    lwi_quantized a, b;
    int inputs[8];
    (void)clamps;
    if (!lwi_dequantized(r, lwi_input(r, node, 0), &a) || !a.single || !is_8_bits(&a) ||
        !lwi_dequantized(r, lwi_input(r, node, 1), &b) || !is_8_bits(&b))
        return LW_OK;
    const lw_value *w = lwi_constant(r, b.codes);
    if (!b.single && (!w || w->rank != 2 || !has_scales(r, &b, 1, 2, w->dims[1]))) return LW_OK;
    LW_TRY(list_inputs(op, &a, &b, inputs));
    *made = true;
    return lwi_integer_node(op, "", "QLinearMatMul", inputs, 8, out, (const char *[]){NULL});
}

lw_status lwi_integer_gemm(const lwi_quantized_op *op, int out, bool *made, bool *clamps) {
    static const char *const names[] = {"alpha", "transA", "transB", NULL};
    lwi_rewrite *r = op->r;
    const lwi_node *node = &r->graph->nodes[op->index];
    lwi_quantized a, b;
    int inputs[9], list[8], bias = lwi_input(r, node, 2);
    (void)clamps;
    const float alpha = lwi_attr_float(node, "alpha", 1);
    if (!lwi_dequantized(r, lwi_input(r, node, 0), &a) || !a.single || !is_8_bits(&a) ||
        !lwi_dequantized(r, lwi_input(r, node, 1), &b) || !is_8_bits(&b) ||
        (bias >= 0 && (lwi_attr_float(node, "beta", 1) != 1 || alpha != 1)))
        return LW_OK;
    const lw_value *w = lwi_constant(r, b.codes);
    const int axis = lwi_attr_int(node, "transB", 0) ? 0 : 1;
    if (!w || w->rank != 2 || !has_scales(r, &b, axis, 2, w->dims[axis])) return LW_OK;
    if (bias >= 0) {
        LW_TRY(lwi_integer_bias(r, bias, &a, &b, (size_t)w->dims[axis], &bias));
        if (bias < 0) return LW_OK;
    }
    LW_TRY(list_inputs(op, &a, &b, list));
    memcpy(inputs, list, 6 * sizeof *inputs);
    inputs[6] = bias;
    inputs[7] = list[6];
    inputs[8] = list[7];
    *made = true;
    return lwi_integer_node(op, "com.microsoft", "QGemm", inputs, 9, out, names);
}
