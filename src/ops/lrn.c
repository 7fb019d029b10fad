/* SPDX-License-Identifier: MIT
 * LRN, local response normalisation (ONNX 13; Krizhevsky et al. 2012): each element is divided by
 * (bias + alpha / size * sum of squares over nearby channels) ^ beta. */
#include "ops/op.h"

#include <math.h>

typedef struct job {
    const lw_value *x, *y;
    size_t channels, inner;
    size_t before, after; /* channels of the window around a channel */
    double alpha, beta, bias;
} job;

static lw_status infer(lwi_call *c) {
    LW_TRY(lwi_need_rank(c, 0, 2, LW_MAX_RANK));
    const int64_t size = lwi_attr_int(c->node, "size", 1);
    if (size < 1)
        return lwi_call_fail(c, LW_INVALID, "size is %lld, expected at least 1", (long long)size);
    return lwi_infer_same(c);
}

#define ROW(NAME, T)                                                                               \
    static void NAME(const job *j, size_t row) {                                                   \
        const size_t channel = row % j->channels, n = j->inner;                                    \
        const size_t first = channel > j->before ? j->before : channel;                            \
        const size_t rest = j->channels - channel;                                                 \
        const size_t last = rest > j->after ? j->after + 1 : rest;                                 \
        const T *x = (const T *)j->x->data + row * n;                                              \
        T *y = (T *)j->y->data + row * n;                                                          \
        for (size_t i = 0; i < n; i++)                                                             \
            y[i] = 0;                                                                              \
        for (const T *w = x - first * n; w < x + last * n; w += n)                                 \
            for (size_t i = 0; i < n; i++)                                                         \
                y[i] += w[i] * w[i];                                                               \
        for (size_t i = 0; i < n; i++)                                                             \
            y[i] = (T)(x[i] / pow(j->bias + j->alpha * y[i], j->beta));                            \
    }
ROW(row_f32, float)
ROW(row_f64, double)

static void run_rows(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    for (size_t row = begin; row < end; row++) {
        if (j->x->dtype == LW_FLOAT32) row_f32(j, row);
        else row_f64(j, row);
    }
}

static lw_status run(lwi_call *c) {
    const lw_value *x = c->in[0];
    if (x->count == 0) return LW_OK;
    const int64_t size = lwi_attr_int(c->node, "size", 1);
    job j = {.x = x,
             .y = c->out[0],
             .before = (size_t)(size - 1) / 2,
             .after = (size_t)size / 2,
             .alpha = lwi_attr_float(c->node, "alpha", 1e-4f) / (double)size,
             .beta = lwi_attr_float(c->node, "beta", 0.75f),
             .bias = lwi_attr_float(c->node, "bias", 1)};
    size_t batch;
    lwi_split_axis(x, 1, &batch, &j.channels, &j.inner);
    lwi_parallel(c, batch * j.channels, 1 + 2048 / j.inner, run_rows, &j);
    return LW_OK;
}

const lwi_op lwi_op_lrn = {.infer = infer, .run = run, .flags = LWI_WIDEN};
