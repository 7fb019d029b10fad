/* SPDX-License-Identifier: MIT
 * MatMul (ONNX 13), and com.microsoft's FusedMatMul and TransposeMatMul, which may transpose their
 * operands and scale the result. */
#include "ops/matmul.h"

static lw_status infer(lwi_call *c) {
    lwi_matmul x;
    LW_TRY(lwi_matmul_shape(c, 0, 1, &x));
    if (x.rank > LW_MAX_RANK)
        return lwi_call_fail(c, LW_LIMIT, "the output would have rank %d", x.rank);
    return lwi_out(c, 0, c->in[0]->dtype, x.rank, x.dims);
}

static void scale(const void *arg, const lwi_block *block) {
    const float alpha = *(const float *)arg;
    for (size_t r = 0; r < block->rows; r++) {
        float *y = (float *)block->y + r * block->y_row;
        for (size_t i = 0; i < block->columns; i++)
            y[i] *= alpha;
    }
}

static void scale_f64(const void *arg, const lwi_block *block) {
    const double alpha = *(const float *)arg;
    for (size_t r = 0; r < block->rows; r++) {
        double *y = (double *)block->y + r * block->y_row;
        for (size_t i = 0; i < block->columns; i++)
            y[i] *= alpha;
    }
}

lw_status lwi_matmul_run(lwi_call *c, const lwi_tile *tile) {
    lwi_matmul x;
    LW_TRY(lwi_matmul_shape(c, 0, 1, &x));
    if (c->out[0]->count == 0) return LW_OK;
    const lw_dtype dtype = c->out[0]->dtype;
    const float alpha = lwi_attr_float(c->node, "alpha", 1);
    void (*finish)(const void *, const lwi_block *) = dtype == LW_FLOAT64 ? scale_f64 : scale;
    return lwi_matmul_multiply(c, &x, dtype, c->in[0]->data, c->in[1]->data, c->out[0]->data,
                               alpha == 1 ? NULL : finish, &alpha, tile);
}

static lw_status run(lwi_call *c) { return lwi_matmul_run(c, NULL); }

const lwi_op lwi_op_matmul = {.infer = infer, .run = run, .flags = LWI_WIDEN};
const lwi_op lwi_op_fused_matmul = {.infer = infer, .run = run, .flags = LWI_WIDEN};
const lwi_op lwi_op_transpose_matmul = {.infer = infer, .run = run, .flags = LWI_WIDEN};
