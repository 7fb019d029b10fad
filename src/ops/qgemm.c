/* SPDX-License-Identifier: MIT
 * QGemm of com.microsoft: alpha A B + C for 8-bit matrices that may be transposed. C holds integers
 * in units of a_scale b_scale. The result is float, or 8-bit if it is given a zero point. */
#include "ops/matmul.h"
#include "ops/qlinear.h"
#include "ops/quantized_product.h"

enum { A, A_SCALE, A_ZERO, B, B_SCALE, B_ZERO, C, Y_SCALE, Y_ZERO };

typedef struct output {
    lw_value *y;
    const int32_t *c; /* NULL: none */
    size_t c_row, c_column;
    const float *b_scales;
    bool by_column;
    float scale; /* of everything else */
    lwi_q8 q;    /* of an 8-bit result; of a float one the scale is 1 */
} output;

static void finish(const void *arg, const lwi_block *block) {
    const output *o = arg;
    for (size_t r = 0; r < block->rows; r++) {
        const uint32_t *sums = (const uint32_t *)block->y + r * block->y_row;
        const size_t row = block->row + r, at = row * block->y_row + block->column;
        for (size_t i = 0; i < block->columns; i++) {
            const size_t column = block->column + i;
            const uint32_t added = o->c ? (uint32_t)o->c[row * o->c_row + column * o->c_column] : 0;
            /* One factor for all of it, as ONNX Runtime has it. */
            const float scale = o->scale * o->b_scales[o->by_column * column] / o->q.scale;
            const float y = (float)(int32_t)(sums[i] + added) * scale;
            if (o->y->dtype == LW_FLOAT32) ((float *)o->y->data)[at + i] = y;
            else
                ((uint8_t *)o->y->data)[at + i] =
                    (uint8_t)(int)lwi_quantize(y, o->q.zero, o->q.low, o->q.high);
        }
    }
}

static lw_status read_scales(const lwi_call *c, output *o) {
    double a_scale = 0;
    LW_TRY(lwi_in_number(c, A_SCALE, &a_scale));
    o->scale = lwi_attr_float(c->node, "alpha", 1) * (float)a_scale;
    o->b_scales = c->in[B_SCALE]->data;
    o->by_column = c->in[B_SCALE]->count > 1;
    o->q.scale = 1;
    if (o->y->dtype != LW_FLOAT32) LW_TRY(lwi_q8_read(c, Y_SCALE, Y_ZERO, o->y->dtype, &o->q));
    if (lwi_has(c, C)) {
        size_t strides[LW_MAX_RANK];
        lwi_broadcast_strides(c->in[C], 2, strides);
        o->c = c->in[C]->data;
        o->c_row = strides[0];
        o->c_column = strides[1];
    }
    return LW_OK;
}

static lw_status run(lwi_call *c) {
    output o = {.y = c->out[0]};
    if (o.y->count == 0) return LW_OK;
    lwi_matmul x;
    int32_t *a = NULL, *b = NULL, *sums = NULL;
    lwi_spread a_zero, b_zero;
    const bool turned = lwi_attr_int(c->node, "transB", 0) != 0;
    LW_TRY(read_scales(c, &o));
    LW_TRY(lwi_matmul_shape(c, A, B, &x));
    LW_TRY(lwi_spread_read(c, A_ZERO, 0, NULL, -1, &a_zero));
    LW_TRY(lwi_spread_read(c, B_ZERO, 2, c->in[B]->dims, turned ? 0 : 1, &b_zero));
    LW_TRY(lwi_center(c, c->in[A], &a_zero, &a));
    LW_TRY(lwi_center(c, c->in[B], &b_zero, &b));
    LW_TRY(lwi_scratch(c, o.y->count, sizeof *sums, &sums));
    return lwi_matmul_multiply(c, &x, LW_INT32, a, b, sums, finish, &o, NULL);
}

static lw_status check_sizes(const lwi_call *c, const lwi_matmul *x) {
    const size_t scales = c->in[B_SCALE]->count;
    if (scales != 1 && scales != x->n)
        return lwi_call_fail(c, LW_SHAPE, "b_scale has %zu elements, expected 1 or %zu", scales,
                             x->n);
    const lw_value *bias = lwi_has(c, C) ? c->in[C] : NULL;
    bool fits = !bias || bias->rank <= 2;
    for (int d = 1; fits && bias && d <= bias->rank; d++) {
        const int64_t size = bias->dims[bias->rank - d];
        fits = size == 1 || (size_t)size == (d == 1 ? x->n : x->m);
    }
    if (fits) return LW_OK;
    char shape[LWI_SHAPE_TEXT];
    return lwi_call_fail(c, LW_SHAPE, "C of shape %s cannot be broadcast to [%zu,%zu]",
                         lwi_shape_text(bias->rank, bias->dims, shape), x->m, x->n);
}

static lw_status infer(lwi_call *c) {
    lwi_matmul x;
    LW_TRY(lwi_need_rank(c, A, 2, 2));
    LW_TRY(lwi_need_rank(c, B, 2, 2));
    LW_TRY(lwi_matmul_shape(c, A, B, &x));
    LW_TRY(check_sizes(c, &x));
    if (lwi_has(c, Y_ZERO) && !lwi_has(c, Y_SCALE))
        return lwi_call_fail(c, LW_INVALID, "y_zero_point is given, but not y_scale");
    return lwi_out(c, 0, lwi_has(c, Y_ZERO) ? c->in[Y_ZERO]->dtype : LW_FLOAT32, 2, x.dims);
}

const lwi_op lwi_op_qgemm = {.infer = infer, .run = run};
