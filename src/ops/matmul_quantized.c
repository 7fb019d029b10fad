/* SPDX-License-Identifier: MIT
 * MatMulInteger (ONNX 10) and QLinearMatMul (ONNX 21; float8 arrives as float32). */
#include "ops/matmul.h"
#include "ops/quantized_product.h"

static lw_status infer_integer(lwi_call *c) {
    lwi_matmul x;
    LW_TRY(lwi_matmul_shape(c, 0, 1, &x));
    return lwi_out(c, 0, LW_INT32, x.rank, x.dims);
}

static lw_status infer_qlinear(lwi_call *c) {
    lwi_matmul x;
    LW_TRY(lwi_matmul_shape(c, 0, 3, &x));
    return lwi_out(c, 0, c->in[7]->dtype, x.rank, x.dims);
}

/* y = (a - zero a)(b - zero b), with the input numbers of the four. */
static lw_status multiply(lwi_call *c, size_t a, size_t a_zero, size_t b, size_t b_zero,
                          lw_dtype dtype, void *y) {
    lwi_matmul x;
    lwi_spread zero_a, zero_b;
    const lw_value *va = c->in[a], *vb = c->in[b];
    void *centered_a, *centered_b;
    LW_TRY(lwi_matmul_shape(c, a, b, &x));
    LW_TRY(lwi_spread_read(c, a_zero, va->rank, va->dims, va->rank - 2, &zero_a));
    LW_TRY(lwi_spread_read(c, b_zero, vb->rank, vb->dims, vb->rank - 1, &zero_b));
    LW_TRY(lwi_center(c, va, &zero_a, &centered_a));
    LW_TRY(lwi_center(c, vb, &zero_b, &centered_b));
    return lwi_matmul_multiply(c, &x, dtype, centered_a, centered_b, y, NULL, NULL, NULL);
}

static lw_status run_integer(lwi_call *c) {
    if (c->out[0]->count == 0) return LW_OK;
    return multiply(c, 0, 2, 1, 3, LW_INT32, c->out[0]->data);
}

static lw_status run_qlinear(lwi_call *c) {
    lw_value *y = c->out[0];
    if (y->count == 0) return LW_OK;
    void *sums = NULL;
    lwi_requantize q = {.y = y};
    const int rows = y->rank - 2, columns = y->rank - 1;
    LW_TRY(lwi_spread_read(c, 1, y->rank, y->dims, rows, &q.scale_a));
    LW_TRY(lwi_spread_read(c, 4, y->rank, y->dims, columns, &q.scale_b));
    LW_TRY(lwi_spread_read(c, 6, y->rank, y->dims, rows, &q.scale_y));
    LW_TRY(lwi_spread_read(c, 7, y->rank, y->dims, rows, &q.zero_y));
    LW_TRY(lwi_scratch(c, y->count, 4, &sums));
    if ((c->in[0]->dtype == LW_FLOAT32) != (c->in[3]->dtype == LW_FLOAT32) ||
        (c->in[0]->dtype == LW_FLOAT32) != (y->dtype == LW_FLOAT32))
        return lwi_call_fail(c, LW_UNSUPPORTED, "mixes float8 and integers");
    LW_TRY(multiply(c, 0, 2, 3, 5, y->dtype == LW_FLOAT32 ? LW_FLOAT32 : LW_INT32, sums));
    q.sums = sums;
    lwi_requantize_run(c, &q);
    return LW_OK;
}

const lwi_op lwi_op_matmul_integer = {.infer = infer_integer, .run = run_integer};
const lwi_op lwi_op_qlinear_matmul = {
    .infer = infer_qlinear, .run = run_qlinear, .flags = LWI_WIDEN};
