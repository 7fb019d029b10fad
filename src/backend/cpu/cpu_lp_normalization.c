/* SPDX-License-Identifier: MIT
 * LpNormalization of float32, along rows or down columns. */
#include "backend/cpu/cpu_backend.h"

#include <float.h>
#include <math.h>

enum { COLUMNS = 256, GRAIN = 1 << 13 }; /* elements that a thread is worth waking for */

typedef struct job {
    const float *x;
    float *y;
    size_t dim, inner, blocks; /* of columns */
    lwi_fold fold;
} job;

/* Squares of floats beyond these are not exact enough. */
static double norm_of(const job *j, const float *x, double sum) {
    if (!(sum > 1e-30 && sum < 1e30)) {
        sum = 0;
        for (size_t i = 0; i < j->dim; i++) {
            const double v = (double)x[i * j->inner];
            sum += j->fold == LWI_FOLD_SUM_SQUARES ? v * v : fabs(v);
        }
    }
    return j->fold == LWI_FOLD_SUM_SQUARES ? sqrt(sum) : sum;
}

/* What elements are multiplied with. */
static float factor_of(double norm) { return norm == 0 ? 0 : (float)(1 / norm); }

/* Where the factor is beyond floats. */
static bool is_tiny(double norm) { return norm > 0 && norm < FLT_MIN; }

static void divide(const job *j, const float *x, double norm, float *y) {
    for (size_t i = 0; i < j->dim; i++)
        y[i * j->inner] = (float)((double)x[i * j->inner] / norm);
}

static void normalize_rows(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    const lwi_kernels *k = lwi_cpu_kernels();
    for (size_t i = begin; i < end; i++) {
        const float *x = j->x + i * j->dim;
        float *y = j->y + i * j->dim;
        const double norm = norm_of(j, x, k->reduce_f32(j->fold, x, j->dim, 0));
        if (is_tiny(norm)) divide(j, x, norm, y);
        else k->affine_f32(x, j->dim, 0, factor_of(norm), 0, y);
    }
}

static void multiply_columns(const job *j, const float *x, const float *factors, size_t n,
                             float *y) {
    for (size_t r = 0; r < j->dim; r++)
        for (size_t k = 0; k < n; k++)
            y[r * j->inner + k] = x[r * j->inner + k] * factors[k];
}

static void normalize_columns(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    double norms[COLUMNS];
    float factors[COLUMNS];
    for (size_t i = begin; i < end; i++) {
        const size_t column = i % j->blocks * COLUMNS, left = j->inner - column;
        const size_t n = left < COLUMNS ? left : COLUMNS;
        const size_t at = i / j->blocks * j->dim * j->inner + column;
        for (size_t k = 0; k < n; k++)
            norms[k] = 0;
        lwi_cpu_kernels()->reduce_columns_f32(j->fold, j->x + at, j->dim, j->inner, n, NULL, norms);
        for (size_t k = 0; k < n; k++) {
            norms[k] = norm_of(j, j->x + at + k, norms[k]);
            factors[k] = factor_of(norms[k]);
        }
        multiply_columns(j, j->x + at, factors, n, j->y + at);
        for (size_t k = 0; k < n; k++)
            if (is_tiny(norms[k])) divide(j, j->x + at + k, norms[k], j->y + at + k);
    }
}

static lw_status run(lwi_call *c) {
    const lw_value *x = c->in[0];
    int axis = 0;
    size_t outer;
    if (x->count == 0) return LW_OK;
    if (x->rank > 0) LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", -1), x->rank, &axis));
    job j = {.x = x->data,
             .y = c->out[0]->data,
             .fold = lwi_attr_int(c->node, "p", 2) == 2 ? LWI_FOLD_SUM_SQUARES : LWI_FOLD_SUM_ABS};
    lwi_split_axis(x, axis, &outer, &j.dim, &j.inner);
    j.blocks = (j.inner + COLUMNS - 1) / COLUMNS;
    if (j.inner == 1) lwi_parallel(c, outer, 1 + GRAIN / j.dim, normalize_rows, &j);
    else lwi_parallel(c, outer * j.blocks, 1 + GRAIN / COLUMNS / j.dim, normalize_columns, &j);
    return LW_OK;
}

/* Small floats arrive as float32. */
const lwi_kernel *lwi_cpu_lp_normalization_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_lp_normalization_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {NULL, run};
    const lw_dtype dtype = c->in[0]->dtype;
    return dtype == LW_FLOAT32 || lwi_dtype_is_small_float(dtype) ? &kernel : NULL;
}
