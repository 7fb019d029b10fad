/* SPDX-License-Identifier: MIT
 * LRN of float numbers, channels first or last. The power is taken as exp(beta log ...), so that
 * its base must be positive: other options are left to the reference. */
#include "backend/cpu/cpu_backend.h"

typedef struct job {
    const float *x;
    float *y;
    size_t channels, inner; /* elements after the channels */
    size_t before, after;
    float alpha, beta, bias;
} job;

/* Each row has all channels of one place. */
static void rows_last(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    const lwi_kernels *k = lwi_cpu_kernels();
    for (size_t row = begin; row < end; row++) {
        const float *x = j->x + row * j->channels;
        float *y = j->y + row * j->channels;
        k->lrn_sums_f32(x, j->channels, j->before, j->after, y);
        k->lrn_scale_f32(x, y, y, j->channels, j->alpha, j->beta, j->bias);
    }
}

/* Each row is one channel; its neighbours are the rows around it. */
static void rows_first(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    const lwi_kernels *k = lwi_cpu_kernels();
    const size_t n = j->inner;
    for (size_t row = begin; row < end; row++) {
        const size_t channel = row % j->channels, rest = j->channels - channel - 1;
        const size_t below = channel < j->before ? channel : j->before;
        const size_t above = rest < j->after ? rest : j->after;
        const float *x = j->x + row * n;
        float *y = j->y + row * n;
        for (size_t i = 0; i < n; i++)
            y[i] = 0;
        for (const float *w = x - below * n; w <= x + above * n; w += n)
            for (size_t i = 0; i < n; i++)
                y[i] += w[i] * w[i];
        k->lrn_scale_f32(x, y, y, n, j->alpha, j->beta, j->bias);
    }
}

static lw_status run(lwi_call *c, int axis, void (*rows)(void *arg, size_t begin, size_t end)) {
    const lw_value *x = c->in[0];
    const int64_t size = lwi_attr_int(c->node, "size", 1);
    if (x->count == 0) return LW_OK;
    job j = {.x = x->data,
             .y = c->out[0]->data,
             .before = (size_t)(size - 1) / 2,
             .after = (size_t)size / 2,
             .alpha = lwi_attr_float(c->node, "alpha", 1e-4f) / (float)size,
             .beta = lwi_attr_float(c->node, "beta", 0.75f),
             .bias = lwi_attr_float(c->node, "bias", 1)};
    size_t outer;
    lwi_split_axis(x, axis, &outer, &j.channels, &j.inner);
    const size_t n = axis == 1 ? outer * j.channels : outer;
    lwi_parallel(c, n, 1 + 8192 / (axis == 1 ? j.inner : j.channels), rows, &j);
    return LW_OK;
}

static lw_status run_first(lwi_call *c) { return run(c, 1, rows_first); }
static lw_status run_last(lwi_call *c) { return run(c, c->in[0]->rank - 1, rows_last); }

/* Small floats arrive as float32. */
static const lwi_kernel *claim(const lwi_call *c, const lwi_kernel *kernel) {
    const lw_dtype dtype = c->in[0]->dtype;
    if (!(lwi_attr_float(c->node, "bias", 1) > 0) || !(lwi_attr_float(c->node, "alpha", 1) >= 0))
        return NULL;
    return dtype == LW_FLOAT32 || lwi_dtype_is_small_float(dtype) ? kernel : NULL;
}

const lwi_kernel *lwi_cpu_lrn_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_lrn_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {NULL, run_first};
    return claim(c, &kernel);
}

const lwi_kernel *lwi_cpu_last_lrn_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_last_lrn_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {NULL, run_last};
    return claim(c, &kernel);
}
