/* SPDX-License-Identifier: MIT
 * Gelu, BiasGelu, FastGelu and QuickGelu of com.microsoft: x times a soft step, after adding an
 * optional bias along the last axis. Gelu is x/2 (1 + erf(x/sqrt 2)); FastGelu its approximation
 * by tanh (Hendrycks, Gimpel 2016, arXiv 1606.08415); QuickGelu x sigmoid(alpha x). */
#include "ops/op.h"

#include <math.h>

typedef enum form { EXACT, FAST, QUICK } form;

typedef struct rows {
    const lw_value *x, *bias;
    lw_value *y;
    form form;
    float alpha;
} rows;

#define ROW(NAME, T, ERF, EXP)                                                                     \
    static void NAME(const T *x, const T *bias, T *y, size_t n, form f, T alpha) {                 \
        if (bias)                                                                                  \
            for (size_t i = 0; i < n; i++)                                                         \
                y[i] = x[i] + bias[i];                                                             \
        else if (x != y)                                                                           \
            for (size_t i = 0; i < n; i++)                                                         \
                y[i] = x[i];                                                                       \
        if (f == EXACT)                                                                            \
            for (size_t i = 0; i < n; i++)                                                         \
                y[i] *= (T)0.5 * (1 + ERF(y[i] * (T)0.70710678118654752440));                      \
        else if (f == FAST) /* (1 + tanh u)/2 is 1/(1 + exp(-2u)), which loses no digits */        \
            for (size_t i = 0; i < n; i++)                                                         \
                y[i] /= 1 + EXP(-y[i] *                                                            \
                                ((T)1.59576912160573071 + (T)0.07135481627260025 * y[i] * y[i]));  \
        else                                                                                       \
            for (size_t i = 0; i < n; i++)                                                         \
                y[i] /= 1 + EXP(-alpha * y[i]);                                                    \
    }
ROW(row_f32, float, erff, expf)
ROW(row_f64, double, erf, exp)

static void run_row(const rows *r, size_t at, size_t n) {
    if (r->x->dtype == LW_FLOAT32)
        row_f32((const float *)r->x->data + at, r->bias ? r->bias->data : NULL,
                (float *)r->y->data + at, n, r->form, r->alpha);
    else
        row_f64((const double *)r->x->data + at, r->bias ? r->bias->data : NULL,
                (double *)r->y->data + at, n, r->form, (double)r->alpha);
}

static void run_items(void *arg, size_t begin, size_t end) { run_row(arg, begin, end - begin); }

static void run_rows(void *arg, size_t begin, size_t end) {
    const rows *r = arg;
    for (size_t i = begin; i < end; i++)
        run_row(r, i * r->bias->count, r->bias->count);
}

static lw_status run(lwi_call *c, form f, float alpha) {
    rows r = {c->in[0], lwi_has(c, 1) ? c->in[1] : NULL, c->out[0], f, alpha};
    if (r.x->count == 0) return LW_OK;
    if (r.bias) lwi_parallel(c, r.x->count / r.bias->count, 1 + 4096 / r.bias->count, run_rows, &r);
    else lwi_parallel(c, r.x->count, 4096, run_items, &r);
    return LW_OK;
}

static lw_status run_gelu(lwi_call *c) { return run(c, EXACT, 0); }
static lw_status run_fast_gelu(lwi_call *c) { return run(c, FAST, 0); }
static lw_status run_quick_gelu(lwi_call *c) {
    return run(c, QUICK, lwi_attr_float(c->node, "alpha", 1.702f));
}

static lw_status infer(lwi_call *c) {
    const lw_value *x = c->in[0];
    if (lwi_has(c, 1)) {
        LW_TRY(lwi_need_rank(c, 1, 1, 1));
        const int64_t n = x->rank ? x->dims[x->rank - 1] : 1;
        if (c->in[1]->dims[0] != n)
            return lwi_call_fail(c, LW_SHAPE, "the bias has %lld elements, expected %lld",
                                 (long long)c->in[1]->dims[0], (long long)n);
    }
    return lwi_out_like(c, 0, x);
}

const lwi_op lwi_op_ms_gelu = {.infer = infer, .run = run_gelu, .flags = LWI_WIDEN | LWI_INPLACE};
const lwi_op lwi_op_bias_gelu = {.infer = infer, .run = run_gelu, .flags = LWI_WIDEN};
const lwi_op lwi_op_fast_gelu = {.infer = infer, .run = run_fast_gelu, .flags = LWI_WIDEN};
const lwi_op lwi_op_quick_gelu = {
    .infer = infer, .run = run_quick_gelu, .flags = LWI_WIDEN | LWI_INPLACE};
