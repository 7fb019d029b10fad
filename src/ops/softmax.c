/* SPDX-License-Identifier: MIT
 * Softmax, LogSoftmax and Hardmax along one axis (ONNX 13; older forms that flatten are rewritten
 * at load). The maximum is subtracted first, so that exp cannot overflow. */
#include "ops/op.h"

#include <math.h>
#include <string.h>

typedef enum form { SOFTMAX, LOG_SOFTMAX, HARDMAX } form;

typedef struct rows {
    const lw_value *x, *y;
    size_t dim, inner;
    form form;
} rows;

enum { LANES = 16 }; /* whose maxima are found side by side */

/* Where the first of the largest of n numbers is that lie side by side. A NaN is never larger, and
 * nothing is larger than a NaN that comes first. */
#define TOP(NAME, T)                                                                               \
    static size_t NAME(const T *x, size_t n) {                                                     \
        T best[LANES], max = x[0];                                                                 \
        size_t i = 0;                                                                              \
        for (size_t k = 0; k < LANES; k++)                                                         \
            best[k] = max;                                                                         \
        for (; i + LANES <= n; i += LANES)                                                         \
            for (size_t k = 0; k < LANES; k++)                                                     \
                best[k] = x[i + k] > best[k] ? x[i + k] : best[k];                                 \
        for (size_t k = 0; k < LANES; k++)                                                         \
            max = best[k] > max ? best[k] : max;                                                   \
        for (; i < n; i++)                                                                         \
            max = x[i] > max ? x[i] : max;                                                         \
        for (i = 0; max == max && x[i] != max;)                                                    \
            i++;                                                                                   \
        return i;                                                                                  \
    }
TOP(top_f32, float)
TOP(top_f64, double)

#define ROW(NAME, T, TOP_OF, EXP, LOG)                                                             \
    static void NAME(const T *x, T *y, size_t n, size_t stride, form f) {                          \
        size_t top = stride == 1 ? TOP_OF(x, n) : 0;                                               \
        for (size_t i = 1; stride > 1 && i < n; i++)                                               \
            if (x[i * stride] > x[top * stride]) top = i;                                          \
        if (f == HARDMAX && stride == 1) {                                                         \
            memset(y, 0, n * sizeof *y);                                                           \
            y[top] = 1;                                                                            \
            return;                                                                                \
        }                                                                                          \
        const T max = x[top * stride];                                                             \
        if (f == HARDMAX) {                                                                        \
            for (size_t i = 0; i < n; i++)                                                         \
                y[i * stride] = i == top;                                                          \
            return;                                                                                \
        }                                                                                          \
        T sum = 0;                                                                                 \
        for (size_t i = 0; i < n; i++)                                                             \
            sum += y[i * stride] = EXP(x[i * stride] - max);                                       \
        if (f == SOFTMAX)                                                                          \
            for (size_t i = 0; i < n; i++)                                                         \
                y[i * stride] /= sum;                                                              \
        else                                                                                       \
            for (size_t i = 0; i < n; i++)                                                         \
                y[i * stride] = x[i * stride] - max - LOG(sum);                                    \
    }
ROW(row_f32, float, top_f32, expf, logf)
ROW(row_f64, double, top_f64, exp, log)

static void run_rows(void *arg, size_t begin, size_t end) {
    const rows *r = arg;
    for (size_t i = begin; i < end; i++) {
        const size_t at = i / r->inner * r->dim * r->inner + i % r->inner;
        if (r->x->dtype == LW_FLOAT32)
            row_f32((const float *)r->x->data + at, (float *)r->y->data + at, r->dim, r->inner,
                    r->form);
        else
            row_f64((const double *)r->x->data + at, (double *)r->y->data + at, r->dim, r->inner,
                    r->form);
    }
}

static lw_status run(lwi_call *c, form f) {
    const lw_value *x = c->in[0];
    if (x->count == 0) return LW_OK;
    int axis = 0;
    if (x->rank > 0) LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", -1), x->rank, &axis));
    rows r = {.x = x, .y = c->out[0], .form = f};
    size_t outer;
    lwi_split_axis(x, axis, &outer, &r.dim, &r.inner);
    lwi_parallel(c, outer * r.inner, 1 + 4096 / r.dim, run_rows, &r);
    return LW_OK;
}

static lw_status run_softmax(lwi_call *c) { return run(c, SOFTMAX); }
static lw_status run_log_softmax(lwi_call *c) { return run(c, LOG_SOFTMAX); }
static lw_status run_hardmax(lwi_call *c) { return run(c, HARDMAX); }

static lw_status infer(lwi_call *c) {
    int axis;
    const lw_value *x = c->in[0];
    if (x->rank > 0) LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", -1), x->rank, &axis));
    return lwi_out_like(c, 0, x);
}

const lwi_op lwi_op_softmax = {.infer = infer, .run = run_softmax, .flags = LWI_WIDEN};
const lwi_op lwi_op_log_softmax = {.infer = infer, .run = run_log_softmax, .flags = LWI_WIDEN};
const lwi_op lwi_op_hardmax = {.infer = infer, .run = run_hardmax, .flags = LWI_WIDEN};
