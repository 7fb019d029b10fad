/* SPDX-License-Identifier: MIT
 * Products of 8-bit matrices: MatMulInteger, QLinearMatMul, and MatMulIntegerToFloat and
 * QGemm of com.microsoft. */
#include "backend/gpu/gpu_backend.h"
#include "ops/matmul.h"

#include <string.h>

enum { TILE = 64 };
/* Flags of kernels/integer_product.k. */
enum {
    A_SIGNED = 1,
    B_SIGNED = 2,
    A_ZERO = 4,
    B_ZERO = 8,
    A_ZEROS = 16,
    B_ZEROS = 32,
    SCALED = 64,
    B_SCALES = 128,
    BIASED = 256,
    CODES = 512,
    Y_SIGNED = 1024,
    WITH_C = 8192
};

/* Where the call's inputs are; NOWHERE: the operator has none. */
enum { NOWHERE = 99 };
typedef struct inputs {
    size_t b, a_zero, b_zero, a_scale, b_scale, bias, y_scale, y_zero;
    bool integer_bias; /* it is QGemm's C */
} inputs;

static bool is_byte(const lw_value *v) { return v->dtype == LW_INT8 || v->dtype == LW_UINT8; }

/* Absent, one, or a row of n. */
static bool is_row(const lwi_call *c, size_t input, size_t n) {
    const lw_value *v = lwi_has(c, input) ? c->in[input] : NULL;
    return !v || v->count == 1 || (v->rank == 1 && v->count == n);
}

static bool takes(const lwi_call *c, const lwi_matmul *x, const inputs *at) {
    for (size_t i = 0; i < c->n_in; i++)
        if (c->in[i] && c->in[i]->count >= INT32_MAX) return false;
    return is_byte(c->in[0]) && is_byte(c->in[at->b]) && x->batch_rank <= 8 && x->batch <= 65535 &&
           c->out[0]->count < INT32_MAX && is_row(c, at->a_zero, x->m) &&
           is_row(c, at->b_zero, x->n) && is_row(c, at->b_scale, x->n) &&
           is_row(c, at->a_scale, 1) && is_row(c, at->y_scale, 1) && is_row(c, at->y_zero, 1);
}

static int flag(const lwi_call *c, size_t input, int there, int many) {
    if (!lwi_has(c, input)) return 0;
    return there | (c->in[input]->count > 1 ? many : 0);
}

static int find_flags(const lwi_call *c, const inputs *at) {
    return (c->in[0]->dtype == LW_INT8 ? A_SIGNED : 0) |
           (c->in[at->b]->dtype == LW_INT8 ? B_SIGNED : 0) | flag(c, at->a_zero, A_ZERO, A_ZEROS) |
           flag(c, at->b_zero, B_ZERO, B_ZEROS) | flag(c, at->b_scale, SCALED, B_SCALES) |
           flag(c, at->bias, at->integer_bias ? WITH_C : BIASED, 0) |
           flag(c, at->y_scale, CODES, 0) | (c->out[0]->dtype == LW_INT8 ? Y_SIGNED : 0);
}

/* What QGemm has of its own. */
static void finish_plan(const lwi_call *c, const inputs *at, int32_t plan[32]) {
    const float alpha = at->integer_bias ? lwi_attr_float(c->node, "alpha", 1) : 1;
    size_t strides[LW_MAX_RANK];
    memcpy(&plan[27], &alpha, sizeof alpha);
    if (!at->integer_bias || !lwi_has(c, at->bias)) return;
    lwi_broadcast_strides(c->in[at->bias], 2, strides);
    plan[25] = (int32_t)strides[0];
    plan[26] = (int32_t)strides[1];
}

static lw_status plan_integer(const lwi_call *c, const inputs *at, lwi_gpu_step *step,
                              bool *taken) {
    lwi_matmul x;
    lwi_gpu_launch *launch = NULL;
    int32_t plan[32] = {0};
    LW_TRY(lwi_matmul_shape(c, 0, at->b, &x));
    if (!takes(c, &x, at))
        return lwi_gpu_refuse(step, "its types, or zero points by more than rows or columns");
    plan[0] = x.batch_rank;
    for (int d = 0; d < x.batch_rank; d++) {
        plan[1 + d] = (int32_t)x.dims[d];
        plan[9 + d] = (int32_t)x.a.strides[d];
        plan[17 + d] = (int32_t)x.b.strides[d];
    }
    finish_plan(c, at, plan);
    LW_TRY(lwi_gpu_groups(step, "matmul_i8", (x.n + TILE - 1) / TILE, (x.m + TILE - 1) / TILE,
                          x.batch, &launch));
    LW_TRY(lwi_gpu_data(step, launch, plan, sizeof plan));
    const size_t given[] = {0,           at->b,    at->a_zero,  at->b_zero, at->a_scale,
                            at->b_scale, at->bias, at->y_scale, at->y_zero};
    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        lwi_gpu_in(launch, c, given[i]);
    lwi_gpu_out(launch, 0);
    const size_t sizes[] = {x.m, x.n, x.k, x.a.row, x.a.column, x.b.row, x.b.column};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        lwi_gpu_int(launch, (int64_t)sizes[i]);
    lwi_gpu_int(launch, find_flags(c, at));
    *taken = true;
    return LW_OK;
}

lw_status lwi_gpu_matmul_integer(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    static const inputs at = {.b = 1,
                              .a_zero = 2,
                              .b_zero = 3,
                              .a_scale = NOWHERE,
                              .b_scale = NOWHERE,
                              .bias = NOWHERE,
                              .y_scale = NOWHERE,
                              .y_zero = NOWHERE};
    return plan_integer(c, &at, step, taken);
}

lw_status lwi_gpu_matmul_integer_to_float(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    static const inputs at = {.b = 1,
                              .a_scale = 2,
                              .b_scale = 3,
                              .a_zero = 4,
                              .b_zero = 5,
                              .bias = 6,
                              .y_scale = NOWHERE,
                              .y_zero = NOWHERE};
    if (c->out[0]->dtype != LW_FLOAT32) return lwi_gpu_refuse(step, "its types");
    return plan_integer(c, &at, step, taken);
}

lw_status lwi_gpu_qlinear_matmul(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    static const inputs at = {.a_scale = 1,
                              .a_zero = 2,
                              .b = 3,
                              .b_scale = 4,
                              .b_zero = 5,
                              .y_scale = 6,
                              .y_zero = 7,
                              .bias = NOWHERE};
    if (!is_byte(c->out[0]) || c->in[1]->dtype != LW_FLOAT32 || c->in[4]->dtype != LW_FLOAT32 ||
        c->in[6]->dtype != LW_FLOAT32)
        return lwi_gpu_refuse(step, "its types, or zero points by more than rows or columns");
    return plan_integer(c, &at, step, taken);
}

lw_status lwi_gpu_qgemm(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    static const inputs at = {.a_scale = 1,
                              .a_zero = 2,
                              .b = 3,
                              .b_scale = 4,
                              .b_zero = 5,
                              .bias = 6,
                              .y_scale = 7,
                              .y_zero = 8,
                              .integer_bias = true};
    inputs given = at;
    if (c->out[0]->dtype == LW_FLOAT32) given.y_scale = given.y_zero = NOWHERE;
    if (c->in[1]->dtype != LW_FLOAT32 || c->in[4]->dtype != LW_FLOAT32)
        return lwi_gpu_refuse(step, "its types, or zero points by more than rows or columns");
    return plan_integer(c, &given, step, taken);
}
