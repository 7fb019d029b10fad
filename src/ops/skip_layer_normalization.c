/* SPDX-License-Identifier: MIT
 * com.microsoft.SkipLayerNormalization and SkipSimplifiedLayerNormalization: the normalisation of
 * input + skip + bias along the last axis. */
#include "ops/moments.h"
#include "ops/row_normalization.h"

#include <math.h>
#include <string.h>

static void normalize(void *arg, size_t begin, size_t end) {
    const lwi_row_norm *r = arg;
    for (size_t i = begin; i < end; i++) {
        const lwi_moments m = lwi_moments_of(r->y, i * r->n, r->n, r->centre);
        const float inverse = (float)(1 / sqrt(m.variance + r->epsilon)), mean = (float)m.mean;
        float *y = (float *)r->y->data + i * r->n;
        if (r->mean) r->mean[i] = mean;
        if (r->inverse) r->inverse[i] = inverse;
        for (size_t d = 0; d < r->n; d++)
            y[d] = (y[d] - mean) * inverse * r->gamma[d];
        for (size_t d = 0; r->beta && d < r->n; d++)
            y[d] += r->beta[d];
    }
}

void lwi_normalize_rows(const lwi_call *c, const lwi_row_norm *r) {
    lwi_parallel(c, r->y->count / r->n, 1 + 8192 / r->n, normalize, (void *)(uintptr_t)r);
}

/* Inputs 0 to 2 are input, skip and gamma; the others differ. */
typedef struct form {
    bool centre;
    size_t beta, bias; /* 0: the form has none */
} form;
static const form layer = {true, 3, 4}, rms = {false, 0, 3};

static bool is_row(const lwi_call *c, size_t input, int64_t n) {
    if (input == 0 || !lwi_has(c, input)) return true;
    return c->in[input]->rank == 1 && c->in[input]->dims[0] == n;
}

static lw_status check(const lwi_call *c, const form *f) {
    LW_TRY(lwi_need_rank(c, 0, 2, 3));
    const lw_value *x = c->in[0], *skip = c->in[1];
    const int64_t n = x->dims[x->rank - 1];
    if (!is_row(c, 2, n) || !is_row(c, f->beta, n) || !is_row(c, f->bias, n))
        return lwi_call_fail(c, LW_SHAPE, "gamma, beta and bias must have %lld elements",
                             (long long)n);
    /* The skip may lack the batch, or repeat for it. */
    bool fits = skip->rank <= x->rank && skip->rank >= x->rank - 1 && skip->rank >= 2;
    for (int d = 1; d <= skip->rank && fits; d++)
        fits = skip->dims[skip->rank - d] == x->dims[x->rank - d] ||
               (d == 3 && skip->dims[skip->rank - d] == 1);
    if (fits) return LW_OK;
    char a[LWI_SHAPE_TEXT], b[LWI_SHAPE_TEXT];
    return lwi_call_fail(c, LW_SHAPE, "a skip of shape %s does not fit an input of %s",
                         lwi_shape_text(skip->rank, skip->dims, a),
                         lwi_shape_text(x->rank, x->dims, b));
}

static lw_status infer(lwi_call *c, const form *f) {
    LW_TRY(check(c, f));
    const lw_value *x = c->in[0];
    int64_t dims[LW_MAX_RANK];
    memcpy(dims, x->dims, sizeof dims);
    dims[x->rank - 1] = 1;
    LW_TRY(lwi_out_like(c, 0, x));
    LW_TRY(lwi_out(c, 1, LW_FLOAT32, x->rank, dims));
    LW_TRY(lwi_out(c, 2, LW_FLOAT32, x->rank, dims));
    return lwi_out_like(c, 3, x);
}

static float *wanted(const lwi_call *c, size_t output) {
    return output < c->n_out && c->out[output] ? c->out[output]->data : NULL;
}

static lw_status run(lwi_call *c, const form *f) {
    const lw_value *x = c->in[0], *skip = c->in[1];
    if (x->count == 0) return LW_OK;
    const size_t n = (size_t)x->dims[x->rank - 1];
    const float *bias = lwi_has(c, f->bias) ? c->in[f->bias]->data : NULL;
    lw_value sums;
    LW_TRY(lwi_tensor_init(&sums, LW_FLOAT32, x->rank, x->dims, wanted(c, 0)));
    if (!sums.data) LW_TRY(lwi_scratch(c, x->count, sizeof *bias, &sums.data));
    float *y = sums.data;
    for (size_t i = 0; i < x->count; i += n) {
        const float *a = (const float *)x->data + i, *b = (const float *)skip->data;
        b += i % skip->count;
        for (size_t d = 0; d < n; d++)
            y[i + d] = a[d] + b[d];
        for (size_t d = 0; bias && d < n; d++)
            y[i + d] += bias[d];
    }
    if (wanted(c, 3)) memcpy(wanted(c, 3), y, x->count * sizeof *y);
    const bool beta = f->beta && lwi_has(c, f->beta);
    const lwi_row_norm norm = {.y = &sums,
                               .n = n,
                               .centre = f->centre,
                               .epsilon = lwi_attr_float(c->node, "epsilon", 1e-12f),
                               .gamma = c->in[2]->data,
                               .beta = beta ? c->in[f->beta]->data : NULL,
                               .mean = wanted(c, 1),
                               .inverse = wanted(c, 2)};
    lwi_normalize_rows(c, &norm);
    return LW_OK;
}

static lw_status infer_layer(lwi_call *c) { return infer(c, &layer); }
static lw_status run_layer(lwi_call *c) { return run(c, &layer); }
static lw_status infer_rms(lwi_call *c) { return infer(c, &rms); }
static lw_status run_rms(lwi_call *c) { return run(c, &rms); }

const lwi_op lwi_op_skip_layer_normalization = {
    .infer = infer_layer, .run = run_layer, .flags = LWI_WIDEN};
const lwi_op lwi_op_skip_simplified_layer_normalization = {
    .infer = infer_rms, .run = run_rms, .flags = LWI_WIDEN};
