/* SPDX-License-Identifier: MIT
 * LpNormalization (ONNX 22): elements along an axis are divided by their 1-norm or 2-norm; where
 * that is 0 they become 0. */
#include "ops/op.h"

#include <math.h>

typedef struct job {
    const lw_value *x, *y;
    size_t dim, inner;
    bool squares;
} job;

static lw_status find_axis(const lwi_call *c, int *axis) {
    *axis = 0;
    if (c->in[0]->rank == 0) return LW_OK;
    return lwi_axis(c, lwi_attr_int(c->node, "axis", -1), c->in[0]->rank, axis);
}

static lw_status infer(lwi_call *c) {
    int axis = 0;
    LW_TRY(find_axis(c, &axis));
    const int64_t p = lwi_attr_int(c->node, "p", 2);
    if (p != 1 && p != 2)
        return lwi_call_fail(c, LW_INVALID, "p is %lld, expected 1 or 2", (long long)p);
    return lwi_infer_same(c);
}

#define ROW(NAME, T)                                                                               \
    static void NAME(const T *x, T *y, const job *j) {                                             \
        double sum = 0;                                                                            \
        for (size_t i = 0; i < j->dim; i++) {                                                      \
            const double v = x[i * j->inner];                                                      \
            sum += j->squares ? v * v : fabs(v);                                                   \
        }                                                                                          \
        const double norm = j->squares ? sqrt(sum) : sum;                                          \
        for (size_t i = 0; i < j->dim; i++)                                                        \
            y[i * j->inner] = norm == 0 ? 0 : (T)(x[i * j->inner] / norm);                         \
    }
ROW(row_f32, float)
ROW(row_f64, double)

static void run_rows(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    for (size_t i = begin; i < end; i++) {
        const size_t at = i / j->inner * j->dim * j->inner + i % j->inner;
        if (j->x->dtype == LW_FLOAT32)
            row_f32((const float *)j->x->data + at, (float *)j->y->data + at, j);
        else row_f64((const double *)j->x->data + at, (double *)j->y->data + at, j);
    }
}

static lw_status run(lwi_call *c) {
    const lw_value *x = c->in[0];
    if (x->count == 0) return LW_OK;
    int axis = 0;
    LW_TRY(find_axis(c, &axis));
    job j = {.x = x, .y = c->out[0], .squares = lwi_attr_int(c->node, "p", 2) == 2};
    size_t outer;
    lwi_split_axis(x, axis, &outer, &j.dim, &j.inner);
    lwi_parallel(c, outer * j.inner, 1 + 8192 / j.dim, run_rows, &j);
    return LW_OK;
}

const lwi_op lwi_op_lp_normalization = {.infer = infer, .run = run, .flags = LWI_WIDEN};
