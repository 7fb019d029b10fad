/* SPDX-License-Identifier: MIT
 * MatMulIntegerToFloat and DynamicQuantizeMatMul of com.microsoft: the product of 8-bit matrices,
 * scaled to floating point. The second is given a float A and quantises it first, to the uint8
 * range that it spans (as ONNX's DynamicQuantizeLinear does). */
#include "ops/matmul.h"
#include "ops/quantize_core.h"
#include "ops/quantized_product.h"

enum { INTEGER_A, INTEGER_B, A_SCALE, B_SCALE, A_ZERO, B_ZERO, INTEGER_BIAS };
enum { FLOAT_A, FLOAT_B, FLOAT_SCALE, FLOAT_ZERO, FLOAT_BIAS };

typedef struct scaling {
    float a_scale;
    const float *b_scales, *bias; /* bias may be NULL */
    bool by_column;
} scaling;

/* Sums become numbers in the memory where they lie. */
static void finish(const void *arg, const lwi_block *block) {
    const scaling *s = arg;
    for (size_t r = 0; r < block->rows; r++) {
        int32_t *sums = (int32_t *)block->y + r * block->y_row;
        float *y = (float *)block->y + r * block->y_row;
        for (size_t i = 0; i < block->columns; i++) {
            const size_t column = block->column + i;
            const float number = (float)sums[i] * (s->a_scale * s->b_scales[s->by_column * column]);
            y[i] = s->bias ? number + s->bias[column] : number;
        }
    }
}

static lw_status center(lwi_call *c, size_t input, size_t zero, int axis, int32_t **centered) {
    lwi_spread spread;
    const lw_value *v = c->in[input];
    LW_TRY(lwi_spread_read(c, zero, v->rank, v->dims, axis, &spread));
    return lwi_center(c, v, &spread, centered);
}

static lw_status multiply(lwi_call *c, const int32_t *a, size_t b, size_t b_zero,
                          const scaling *s) {
    lwi_matmul x;
    int32_t *centered = NULL;
    LW_TRY(lwi_matmul_shape(c, FLOAT_A, FLOAT_B, &x));
    LW_TRY(center(c, b, b_zero, c->in[b]->rank - 1, &centered));
    return lwi_matmul_multiply(c, &x, LW_INT32, a, centered, c->out[0]->data, finish, s, NULL);
}

static lw_status run_integer(lwi_call *c) {
    if (c->out[0]->count == 0) return LW_OK;
    int32_t *a = NULL;
    double a_scale = 0;
    LW_TRY(lwi_in_number(c, A_SCALE, &a_scale));
    LW_TRY(center(c, INTEGER_A, A_ZERO, c->in[INTEGER_A]->rank - 2, &a));
    const scaling s = {.a_scale = (float)a_scale,
                       .b_scales = c->in[B_SCALE]->data,
                       .bias = lwi_has(c, INTEGER_BIAS) ? c->in[INTEGER_BIAS]->data : NULL,
                       .by_column = c->in[B_SCALE]->count > 1};
    return multiply(c, a, INTEGER_B, B_ZERO, &s);
}

static lw_status run_float(lwi_call *c) {
    const lw_value *a = c->in[FLOAT_A];
    if (c->out[0]->count == 0) return LW_OK;
    int32_t *centered = NULL;
    LW_TRY(lwi_scratch(c, a->count, sizeof *centered, &centered));
    const lwi_u8_scale q = lwi_dynamic_scale(a->data, a->count);
    for (size_t i = 0; i < a->count; i++) {
        const float x = ((const float *)a->data)[i] / q.scale;
        centered[i] = (int32_t)(lwi_quantize(x, q.zero, 0, 255) - q.zero);
    }
    const scaling s = {.a_scale = q.scale,
                       .b_scales = c->in[FLOAT_SCALE]->data,
                       .bias = lwi_has(c, FLOAT_BIAS) ? c->in[FLOAT_BIAS]->data : NULL,
                       .by_column = c->in[FLOAT_SCALE]->count > 1};
    return multiply(c, centered, FLOAT_B, FLOAT_ZERO, &s);
}

static lw_status infer(lwi_call *c, size_t scale, size_t bias) {
    lwi_matmul x;
    LW_TRY(lwi_matmul_shape(c, FLOAT_A, FLOAT_B, &x));
    const size_t scales = c->in[scale]->count;
    if (scales != 1 && scales != x.n)
        return lwi_call_fail(c, LW_SHAPE, "b_scale has %zu elements, expected 1 or %zu", scales,
                             x.n);
    if (lwi_has(c, bias) && c->in[bias]->count != x.n)
        return lwi_call_fail(c, LW_SHAPE, "the bias has %zu elements, expected %zu",
                             c->in[bias]->count, x.n);
    if (x.rank > LW_MAX_RANK)
        return lwi_call_fail(c, LW_LIMIT, "the output would have rank %d", x.rank);
    return lwi_out(c, 0, c->in[scale]->dtype, x.rank, x.dims);
}

static lw_status infer_integer(lwi_call *c) { return infer(c, B_SCALE, INTEGER_BIAS); }

static lw_status infer_float(lwi_call *c) { return infer(c, FLOAT_SCALE, FLOAT_BIAS); }

const lwi_op lwi_op_matmul_integer_to_float = {
    .infer = infer_integer, .run = run_integer, .flags = LWI_WIDEN};
const lwi_op lwi_op_dynamic_quantize_matmul = {.infer = infer_float, .run = run_float};
