/* SPDX-License-Identifier: MIT
 * LayerNormalization and RMSNormalization of float32, and the forms of them that add a skip
 * connection first, row by row. */
#include "backend/cpu/cpu_backend.h"
#include "ops/op.h"

enum { GRAIN = 1 << 13 }; /* elements that a thread is worth waking for */

typedef struct rows {
    size_t count, n; /* rows, elements of each */
    const float *x, *skip, *skip_bias, *scale, *bias;
    size_t skip_count; /* elements, after which the skip repeats */
    float *y, *sums, *mean, *inverse;
    bool centre;
    double epsilon;
} rows;

static float *wanted(const lwi_call *c, size_t output) {
    return output < c->n_out && c->out[output] ? c->out[output]->data : NULL;
}

static const float *given(const lwi_call *c, size_t input) {
    return lwi_has(c, input) ? c->in[input]->data : NULL;
}

/* Adds the skip: to the output for the sums, or to the row that is normalised in place. */
static const float *add_skip(const rows *r, size_t i) {
    const size_t n = r->n;
    const float *x = r->x + i * n, *skip = r->skip + i * n % r->skip_count;
    float *to = (r->sums ? r->sums : r->y) + i * n;
    for (size_t d = 0; d < n; d++)
        to[d] = x[d] + skip[d];
    for (size_t d = 0; r->skip_bias && d < n; d++)
        to[d] += r->skip_bias[d];
    return to;
}

static void normalize(void *arg, size_t begin, size_t end) {
    const rows *r = arg;
    for (size_t i = begin; i < end; i++) {
        lwi_normalize_f32_job job = {.x = r->skip ? add_skip(r, i) : r->x + i * r->n,
                                     .scale = r->scale,
                                     .bias = r->bias,
                                     .y = r->y + i * r->n,
                                     .n = r->n,
                                     .centre = r->centre,
                                     .epsilon = r->epsilon};
        lwi_cpu_kernels()->normalize_f32(&job);
        if (r->mean) r->mean[i] = job.mean;
        if (r->inverse) r->inverse[i] = job.inverse;
    }
}

static lw_status run_rows(lwi_call *c, rows *r) {
    if (r->count && r->n) lwi_parallel(c, r->count, 1 + GRAIN / r->n, normalize, r);
    return LW_OK;
}

/* ------------------------------------------------------- from an axis on, ONNX */

static size_t normalized(const lw_value *x, int64_t axis) {
    size_t n = 1;
    for (int64_t d = axis < 0 ? axis + x->rank : axis; d < x->rank; d++)
        n *= (size_t)x->dims[d];
    return n;
}

/* v has the elements that are normalised together, in their order. */
static bool is_row(const lw_value *v, const lw_value *x, size_t n) {
    size_t count = 1;
    for (int d = v->rank - 1, k = x->rank - 1; d >= 0; d--, k--) {
        if (count == n ? v->dims[d] != 1 : v->dims[d] != x->dims[k]) return false;
        count *= (size_t)v->dims[d];
    }
    return count == n;
}

static lw_status prepare(lwi_call *c) {
    const lw_value *x = c->in[0];
    rows *r = NULL;
    LW_TRY(lwi_prepare(c, sizeof *r, &r));
    r->n = normalized(x, lwi_attr_int(c->node, "axis", -1));
    r->count = r->n ? x->count / r->n : 0;
    r->epsilon = (double)lwi_attr_float(c->node, "epsilon", 1e-5f);
    return LW_OK;
}

static lw_status run(lwi_call *c, bool centre) {
    rows r = *(const rows *)c->prepared;
    r.x = c->in[0]->data;
    r.scale = c->in[1]->data;
    r.bias = given(c, 2);
    r.y = wanted(c, 0);
    r.mean = centre ? wanted(c, 1) : NULL;
    r.inverse = wanted(c, centre ? 2 : 1);
    r.centre = centre;
    return run_rows(c, &r);
}

static bool is_float(const lw_value *v) {
    return v->dtype == LW_FLOAT32 || lwi_dtype_is_small_float(v->dtype);
}

static const lwi_kernel *claim(const lwi_call *c, const lwi_kernel *kernel) {
    const lw_value *x = c->in[0];
    const size_t n = normalized(x, lwi_attr_int(c->node, "axis", -1));
    if (!is_float(x) || n == 0 || !c->out[0]) return NULL;
    for (size_t i = 1; i < c->n_in; i++)
        if (lwi_has(c, i) && (!is_float(c->in[i]) || !is_row(c->in[i], x, n))) return NULL;
    return kernel;
}

/* ------------------------------------------- with a skip connection, com.microsoft */

static lw_status prepare_skip(lwi_call *c) {
    const lw_value *x = c->in[0];
    rows *r = NULL;
    LW_TRY(lwi_prepare(c, sizeof *r, &r));
    r->n = (size_t)x->dims[x->rank - 1];
    r->count = r->n ? x->count / r->n : 0;
    r->skip_count = c->in[1]->count;
    r->epsilon = (double)lwi_attr_float(c->node, "epsilon", 1e-12f);
    return LW_OK;
}

static lw_status run_skip(lwi_call *c, bool centre, size_t bias, size_t skip_bias) {
    rows r = *(const rows *)c->prepared;
    r.x = c->in[0]->data;
    r.skip = c->in[1]->data;
    r.skip_bias = given(c, skip_bias);
    r.scale = c->in[2]->data;
    r.bias = bias ? given(c, bias) : NULL;
    r.y = wanted(c, 0);
    r.mean = wanted(c, 1);
    r.inverse = wanted(c, 2);
    r.sums = wanted(c, 3);
    r.centre = centre;
    return run_rows(c, &r);
}

static const lwi_kernel *claim_skip(const lwi_call *c, const lwi_kernel *kernel) {
    return is_float(c->in[0]) && c->out[0] ? kernel : NULL;
}

#define CLAIM(ident, CLAIM_OF, PREPARE, RUN)                                                       \
    static lw_status run_##ident(lwi_call *c) { return RUN; }                                      \
    const lwi_kernel *lwi_cpu_##ident##_claim(const lwi_call *c);                                  \
    const lwi_kernel *lwi_cpu_##ident##_claim(const lwi_call *c) {                                 \
        static const lwi_kernel kernel = {PREPARE, run_##ident};                                   \
        return CLAIM_OF(c, &kernel);                                                               \
    }
CLAIM(layer_normalization, claim, prepare, run(c, true))
CLAIM(rms_normalization, claim, prepare, run(c, false))
CLAIM(simplified_layer_normalization, claim, prepare, run(c, false))
CLAIM(skip_layer_normalization, claim_skip, prepare_skip, run_skip(c, true, 3, 4))
CLAIM(skip_simplified_layer_normalization, claim_skip, prepare_skip, run_skip(c, false, 0, 3))
