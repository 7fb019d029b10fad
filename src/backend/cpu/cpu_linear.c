/* SPDX-License-Identifier: MIT
 * LinearClassifier and LinearRegressor of float numbers: one matrix product with the coefficients,
 * which are packed when the run is prepared; for few rows, dot products with them where they lie.
 */
#include "backend/cpu/cpu_backend.h"

#include "ops/linear_models.h"

#include <math.h>

enum { FEW_ROWS = 4 };

/* Rows of coefficients are the columns of the product's right side. */
static lw_status pack(lwi_call *c) {
    lwi_linear *m = c->prepared;
    if (m->rows <= FEW_ROWS) return LW_OK;
    const lwi_kernels *k = lwi_cpu_kernels();
    const size_t width = k->gemm_f32_columns, panels = (m->n_scores + width - 1) / width;
    size_t panel = 0;
    if (__builtin_mul_overflow(m->features, width, &panel))
        return lwi_call_fail(c, LW_NO_MEMORY, "%zu features are too many", m->features);
    LW_TRY(lwi_kept(c, panels, panel * sizeof(float), &m->packed));
    k->pack_f32(m->coefficients, 1, m->features, m->features, m->n_scores, m->packed, panel);
    return LW_OK;
}

static lw_status prepare_classifier(lwi_call *c) {
    LW_TRY(lwi_linear_classifier_prepare(c));
    return pack(c);
}

static lw_status prepare_regressor(lwi_call *c) {
    LW_TRY(lwi_linear_regressor_prepare(c));
    return pack(c);
}

typedef struct product {
    const lwi_linear *model;
    const float *x;
    float *scores;
} product;

static void multiply(void *arg, size_t begin, size_t end) {
    const product *p = arg;
    const lwi_linear *m = p->model;
    const lwi_kernels *k = lwi_cpu_kernels();
    const lwi_gemm_f32_job job = {.a = p->x + begin * m->features,
                                  .a_row = m->features,
                                  .segments = 1,
                                  .length = m->features,
                                  .b = m->packed ? m->packed : m->coefficients,
                                  .b_panel = m->features * (m->packed ? k->gemm_f32_columns : 1),
                                  .y = p->scores + begin * m->n_scores,
                                  .y_row = m->n_scores,
                                  .rows = end - begin,
                                  .columns = m->n_scores,
                                  .bias = m->intercepts,
                                  .low = -INFINITY,
                                  .high = INFINITY};
    (m->packed ? k->gemm_f32 : k->dot_f32)(&job);
}

static lw_status scores(lwi_call *c, float **made) {
    const lwi_linear *m = c->prepared;
    product p = {.model = m, .x = c->in[0]->data};
    LW_TRY(lwi_scratch(c, m->rows, m->n_scores * sizeof *p.scores, &p.scores));
    lwi_parallel(c, m->rows, 1 + (1 << 16) / (m->n_scores * m->features + 1), multiply, &p);
    *made = p.scores;
    return LW_OK;
}

/* ------------------------------------------------------------------ softmax */

enum { ROWS = 256, FEW = 16 /* scores, for which rows are turned to be side by side */ };
_Static_assert((int)ROWS <= (int)LWI_SOFTMAX_COLUMNS, "columns of the kernel");

typedef struct classes {
    const lwi_linear *model;
    const float *scores;
    lw_value *labels; /* NULL: not wanted */
    float *shares;    /* likewise */
} classes;

static void put_labels(const classes *k, size_t row) {
    const size_t n = k->model->n_scores;
    const float *scores = k->scores + row * n;
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (scores[i] > scores[best]) best = i;
    lwi_put_label(&k->model->labels, best, k->labels, row);
}

static void share_rows(const classes *k, size_t first, size_t rows) {
    const size_t n = k->model->n_scores;
    const float *x = k->scores + first * n;
    float *y = k->shares + first * n, turned[ROWS * FEW];
    for (size_t r = 0; n > FEW && r < rows; r++)
        lwi_cpu_kernels()->softmax_f32(x + r * n, y + r * n, n, false);
    if (n > FEW) return;
    lwi_cpu_kernels()->transpose_f32(x, n, turned, rows, rows, n);
    lwi_cpu_kernels()->softmax_columns_f32(turned, turned, n, rows, rows, false);
    lwi_cpu_kernels()->transpose_f32(turned, rows, y, n, n, rows);
}

static void classify_blocks(void *arg, size_t begin, size_t end) {
    const classes *k = arg;
    for (size_t b = begin; b < end; b++) {
        const size_t first = b * ROWS, left = k->model->rows - first;
        const size_t rows = left < ROWS ? left : ROWS;
        for (size_t r = first; k->labels && r < first + rows; r++)
            put_labels(k, r);
        if (k->shares) share_rows(k, first, rows);
    }
}

static lw_status run_classifier(lwi_call *c) {
    const lwi_linear *m = c->prepared;
    float *made = NULL;
    LW_TRY(scores(c, &made));
    if (m->transform != LWI_POST_SOFTMAX || m->n_scores < 2)
        return lwi_linear_classifier_finish(c, made);
    classes k = {.model = m,
                 .scores = made,
                 .labels = c->out[0],
                 .shares = c->n_out > 1 && c->out[1] ? c->out[1]->data : NULL};
    lwi_parallel(c, (m->rows + ROWS - 1) / ROWS, 1 + 64 / m->n_scores, classify_blocks, &k);
    return LW_OK;
}

static lw_status run_regressor(lwi_call *c) {
    float *made = NULL;
    LW_TRY(scores(c, &made));
    return lwi_linear_regressor_finish(c, made);
}

static const lwi_kernel *claim(const lwi_call *c, const lwi_kernel *kernel) {
    return c->in[0]->dtype == LW_FLOAT32 && c->in[0]->count > 0 ? kernel : NULL;
}

const lwi_kernel *lwi_cpu_linear_classifier_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_linear_classifier_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {prepare_classifier, run_classifier};
    return claim(c, &kernel);
}

const lwi_kernel *lwi_cpu_linear_regressor_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_linear_regressor_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {prepare_regressor, run_regressor};
    return claim(c, &kernel);
}
