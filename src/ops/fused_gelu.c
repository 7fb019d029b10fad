/* SPDX-License-Identifier: MIT
 * BiasGelu, FastGelu and QuickGelu of com.microsoft: forms of Gelu (gelu.c) after adding an
 * optional bias along the last axis. BiasGelu is exact, FastGelu the approximation by tanh,
 * QuickGelu is x sigmoid(alpha x). */
#include "base/sigmoid.h"
#include "ops/op.h"

typedef enum form { EXACT, FAST, QUICK } form;

typedef struct rows {
    const lw_value *x, *bias;
    lw_value *y;
    form form;
    float alpha;
} rows;

#define ROW(NAME, T, ERFC, SIGMOID)                                                                \
    static void NAME(const T *x, const T *bias, T *y, size_t n, form f, T alpha) {                 \
        for (size_t i = 0; i < n; i++)                                                             \
            y[i] = bias ? x[i] + bias[i] : x[i];                                                   \
        if (f == EXACT)                                                                            \
            for (size_t i = 0; i < n; i++)                                                         \
                y[i] *= (T)0.5 * ERFC(y[i] * (T)-0.70710678118654752440);                          \
        else if (f == FAST)                                                                        \
            for (size_t i = 0; i < n; i++)                                                         \
                y[i] *= SIGMOID(                                                                   \
                    y[i] * ((T)1.59576912160573071176 + (T)0.07135481282700450 * y[i] * y[i]));    \
        else                                                                                       \
            for (size_t i = 0; i < n; i++)                                                         \
                y[i] *= SIGMOID(alpha * y[i]);                                                     \
    }
ROW(row_f32, float, erfcf, lwi_sigmoid_f32)
ROW(row_f64, double, erfc, lwi_sigmoid_f64)

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

static lw_status run_bias_gelu(lwi_call *c) { return run(c, EXACT, 0); }
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

const lwi_op lwi_op_bias_gelu = {.infer = infer, .run = run_bias_gelu, .flags = LWI_WIDEN};
const lwi_op lwi_op_fast_gelu = {.infer = infer, .run = run_fast_gelu, .flags = LWI_WIDEN};
const lwi_op lwi_op_quick_gelu = {
    .infer = infer, .run = run_quick_gelu, .flags = LWI_WIDEN | LWI_INPLACE};
