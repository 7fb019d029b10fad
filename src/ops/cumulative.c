/* SPDX-License-Identifier: MIT
 * CumSum (ONNX 14) and CumProd (ONNX 26): running sums and products along an axis, in double for
 * floating-point numbers and modulo 2^n for integers. */
#include "ops/cumulative.h"

typedef struct job {
    const void *x;
    void *y;
    size_t dim, inner;
    bool product, exclusive, reverse;
    void (*columns)(const struct job *j, size_t first, size_t n);
    lwi_running_sums *sums; /* for many float32 columns; NULL: columns does it */
} job;

static lw_status find_axis(const lwi_call *c, int *axis) {
    int64_t given = 0;
    LW_TRY(lwi_in_int(c, 1, &given));
    *axis = 0;
    if (c->in[0]->rank == 0 && (given == 0 || given == -1)) return LW_OK;
    return lwi_axis(c, given, c->in[0]->rank, axis);
}

enum { COLUMNS = 64 }; /* that are walked down side by side */

/* From row to row of n columns; STEP is what becomes of a running value a with an element x. */
#define WALK(NAME, T, ACC, STEP)                                                                   \
    static void NAME(const job *j, const T *x, T *y, size_t n, ACC *acc) {                         \
        const bool exclusive = j->exclusive;                                                       \
        ACC a = acc[0]; /* one column's stays in a register */                                     \
        for (size_t d = 0; n == 1 && d < j->dim; d++) {                                            \
            const size_t at = (j->reverse ? j->dim - 1 - d : d) * j->inner;                        \
            const ACC v = (ACC)x[at], next = STEP;                                                 \
            y[at] = (T)(exclusive ? a : next);                                                     \
            a = next;                                                                              \
        }                                                                                          \
        if (n == 1) return;                                                                        \
        for (size_t d = 0; d < j->dim; d++) {                                                      \
            const size_t at = (j->reverse ? j->dim - 1 - d : d) * j->inner;                        \
            for (size_t i = 0; i < n; i++) {                                                       \
                a = acc[i];                                                                        \
                const ACC v = (ACC)x[at + i];                                                      \
                const ACC next = STEP;                                                             \
                y[at + i] = (T)(exclusive ? a : next);                                             \
                acc[i] = next;                                                                     \
            }                                                                                      \
        }                                                                                          \
    }
/* Columns [first, first + n) of all that lie side by side. */
#define COLUMN_BLOCK(T, ACC)                                                                       \
    WALK(sums_##T, T, ACC, a + v)                                                                  \
    WALK(products_##T, T, ACC, a *v)                                                               \
    static void columns_##T(const job *j, size_t first, size_t n) {                                \
        ACC acc[COLUMNS];                                                                          \
        for (size_t i = 0; i < n; i++)                                                             \
            acc[i] = j->product;                                                                   \
        (j->product ? products_##T : sums_##T)(j, (const T *)j->x + first, (T *)j->y + first, n,   \
                                               acc);                                               \
    }
COLUMN_BLOCK(float, double)
COLUMN_BLOCK(double, double)
COLUMN_BLOCK(int32_t, uint32_t)
COLUMN_BLOCK(int64_t, uint64_t)
COLUMN_BLOCK(uint32_t, uint32_t)
COLUMN_BLOCK(uint64_t, uint64_t)

static void (*const BLOCKS[LW_DTYPE_COUNT])(const job *, size_t, size_t) = {
    [LW_FLOAT32] = columns_float, [LW_FLOAT64] = columns_double,  [LW_INT32] = columns_int32_t,
    [LW_INT64] = columns_int64_t, [LW_UINT32] = columns_uint32_t, [LW_UINT64] = columns_uint64_t};

static void run_columns(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    for (size_t i = begin, n; i < end; i += n) {
        n = j->inner - i % j->inner;
        if (n > end - i) n = end - i;
        const size_t first = i / j->inner * j->dim * j->inner + i % j->inner;
        if (j->sums) {
            j->sums((const float *)j->x + first, (float *)j->y + first, j->dim, j->inner, n,
                    j->exclusive, j->reverse);
            continue;
        }
        if (n > COLUMNS) n = COLUMNS;
        j->columns(j, first, n);
    }
}

static lw_status run(lwi_call *c, bool product, lwi_running_sums *sums) {
    const lw_value *x = c->in[0];
    int axis = 0;
    LW_TRY(find_axis(c, &axis));
    if (x->count == 0) return LW_OK;
    job j = {.x = x->data,
             .y = c->out[0]->data,
             .product = product,
             .exclusive = lwi_attr_int(c->node, "exclusive", 0) != 0,
             .reverse = lwi_attr_int(c->node, "reverse", 0) != 0,
             .columns = BLOCKS[x->dtype]};
    size_t outer;
    lwi_split_axis(x, axis, &outer, &j.dim, &j.inner);
    if (j.inner > 1) j.sums = sums;
    lwi_parallel(c, outer * j.inner, 1 + 8192 / j.dim, run_columns, &j);
    return LW_OK;
}

lw_status lwi_cumulative_sum(lwi_call *c, lwi_running_sums *sums) { return run(c, false, sums); }
static lw_status run_sum(lwi_call *c) { return run(c, false, NULL); }
static lw_status run_product(lwi_call *c) { return run(c, true, NULL); }

const lwi_op lwi_op_cum_sum = {.infer = lwi_infer_same, .run = run_sum, .flags = LWI_WIDEN};
const lwi_op lwi_op_cum_prod = {.infer = lwi_infer_same, .run = run_product, .flags = LWI_WIDEN};
