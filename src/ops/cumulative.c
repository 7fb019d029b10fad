/* SPDX-License-Identifier: MIT
 * CumSum (ONNX 14) and CumProd (ONNX 26): running sums and products along an axis, in double for
 * floating-point numbers and modulo 2^n for integers. */
#include "ops/op.h"

typedef struct job {
    const void *x;
    void *y;
    size_t dim, inner;
    bool product, exclusive, reverse;
    void (*row)(const struct job *j, size_t at);
} job;

static lw_status find_axis(const lwi_call *c, int *axis) {
    int64_t given = 0;
    LW_TRY(lwi_in_int(c, 1, &given));
    *axis = 0;
    if (c->in[0]->rank == 0 && (given == 0 || given == -1)) return LW_OK;
    return lwi_axis(c, given, c->in[0]->rank, axis);
}

#define ROW(T, ACC)                                                                                \
    static void row_##T(const job *j, size_t first) {                                              \
        const T *x = (const T *)j->x + first;                                                      \
        T *y = (T *)j->y + first;                                                                  \
        ACC acc = j->product;                                                                      \
        for (size_t i = 0; i < j->dim; i++) {                                                      \
            const size_t at = (j->reverse ? j->dim - 1 - i : i) * j->inner;                        \
            const ACC next = j->product ? acc * (ACC)x[at] : acc + (ACC)x[at];                     \
            y[at] = (T)(j->exclusive ? acc : next);                                                \
            acc = next;                                                                            \
        }                                                                                          \
    }
ROW(float, double)
ROW(double, double)
ROW(int32_t, uint32_t)
ROW(int64_t, uint64_t)
ROW(uint32_t, uint32_t)
ROW(uint64_t, uint64_t)

static void (*const ROWS[LW_DTYPE_COUNT])(const job *, size_t) = {
    [LW_FLOAT32] = row_float, [LW_FLOAT64] = row_double,  [LW_INT32] = row_int32_t,
    [LW_INT64] = row_int64_t, [LW_UINT32] = row_uint32_t, [LW_UINT64] = row_uint64_t};

static void run_rows(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    for (size_t i = begin; i < end; i++)
        j->row(j, i / j->inner * j->dim * j->inner + i % j->inner);
}

static lw_status run(lwi_call *c, bool product) {
    const lw_value *x = c->in[0];
    int axis = 0;
    LW_TRY(find_axis(c, &axis));
    if (x->count == 0) return LW_OK;
    job j = {.x = x->data,
             .y = c->out[0]->data,
             .product = product,
             .exclusive = lwi_attr_int(c->node, "exclusive", 0) != 0,
             .reverse = lwi_attr_int(c->node, "reverse", 0) != 0,
             .row = ROWS[x->dtype]};
    size_t outer;
    lwi_split_axis(x, axis, &outer, &j.dim, &j.inner);
    lwi_parallel(c, outer * j.inner, 1 + 8192 / j.dim, run_rows, &j);
    return LW_OK;
}

static lw_status run_sum(lwi_call *c) { return run(c, false); }
static lw_status run_product(lwi_call *c) { return run(c, true); }

const lwi_op lwi_op_cum_sum = {.infer = lwi_infer_same, .run = run_sum, .flags = LWI_WIDEN};
const lwi_op lwi_op_cum_prod = {.infer = lwi_infer_same, .run = run_product, .flags = LWI_WIDEN};
