/* SPDX-License-Identifier: MIT
 * LinearClassifier and LinearRegressor (ai.onnx.ml 1): scores = coefficients * x + intercepts, a
 * row of coefficients for each score. */
#include "ops/linear_models.h"

#include <math.h>

typedef struct job {
    lwi_call *c;
    const lwi_linear *model;
    const float *products; /* the scores, if they are there already */
    double *scores;        /* n_scores + 1 for each row */
} job;

static lw_status read_model(lwi_call *c, lwi_linear *m) {
    size_t n_coefficients = 0, n_intercepts = 0;
    LW_TRY(lwi_feature_rows(c, &m->rows, &m->features));
    LW_TRY(lwi_find_post_transform(c, &m->transform));
    m->coefficients = lwi_attr_floats(c->node, "coefficients", &n_coefficients);
    m->intercepts = lwi_attr_floats(c->node, "intercepts", &n_intercepts);
    const size_t per_score = m->n_scores ? n_coefficients / m->n_scores : 0;
    if (per_score != m->features || n_coefficients != per_score * m->n_scores ||
        (m->intercepts && n_intercepts < m->n_scores))
        return lwi_call_fail(c, LW_SHAPE,
                             "%zu coefficients and %zu intercepts do not fit %zu "
                             "scores of %zu features",
                             n_coefficients, n_intercepts, m->n_scores, m->features);
    return LW_OK;
}

static double *row_scores(const job *j, size_t row) {
    const lwi_linear *m = j->model;
    double *scores = j->scores + row * (m->n_scores + 1);
    for (size_t s = 0; s < m->n_scores && j->products; s++)
        scores[s] = j->products[row * m->n_scores + s];
    for (size_t s = 0; s < m->n_scores && !j->products; s++) {
        double sum = m->intercepts ? m->intercepts[s] : 0;
        for (size_t f = 0; f < m->features; f++)
            sum += lwi_get_double(j->c->in[0], row * m->features + f) *
                   m->coefficients[s * m->features + f];
        scores[s] = sum;
    }
    return scores;
}

static lw_status finish(lwi_call *c, const float *products,
                        void (*rows)(void *arg, size_t begin, size_t end)) {
    job j = {.c = c, .model = c->prepared, .products = products};
    const lwi_linear *m = j.model;
    LW_TRY(lwi_scratch(c, m->rows, (m->n_scores + 1) * sizeof *j.scores, &j.scores));
    lwi_parallel(c, m->rows, 1 + 8192 / (m->n_scores * m->features + 1), rows, &j);
    return LW_OK;
}

static void put_scores(lw_value *y, size_t row, const double *scores, size_t n) {
    float *out = (float *)y->data + row * n;
    for (size_t i = 0; i < n; i++)
        out[i] = (float)scores[i];
}

static void regress_rows(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    const lwi_linear *m = j->model;
    for (size_t row = begin; row < end; row++) {
        double *scores = row_scores(j, row);
        lwi_transform_scores(m->transform, scores, m->n_scores);
        put_scores(j->c->out[0], row, scores, m->n_scores);
    }
}

static lw_status infer_regressor(lwi_call *c) {
    size_t rows = 0, features = 0;
    LW_TRY(lwi_feature_rows(c, &rows, &features));
    const int64_t targets = lwi_attr_int(c->node, "targets", 1);
    if (targets < 1) return lwi_call_fail(c, LW_INVALID, "targets is %lld", (long long)targets);
    return lwi_out(c, 0, LW_FLOAT32, 2, (const int64_t[]){(int64_t)rows, targets});
}

lw_status lwi_linear_regressor_prepare(lwi_call *c) {
    lwi_linear *m = NULL;
    LW_TRY(lwi_prepare(c, sizeof *m, &m));
    m->n_scores = (size_t)lwi_attr_int(c->node, "targets", 1);
    return read_model(c, m);
}

lw_status lwi_linear_regressor_finish(lwi_call *c, const float *scores) {
    return finish(c, scores, regress_rows);
}

static lw_status run_regressor(lwi_call *c) { return finish(c, NULL, regress_rows); }

/* Scores that a classifier computes: one for each intercept, or for each row of coefficients. */
static lw_status count_scores(const lwi_call *c, size_t features, size_t *n) {
    size_t n_coefficients = 0;
    if (lwi_attr_floats(c->node, "intercepts", n) && *n > 0) return LW_OK;
    lwi_attr_floats(c->node, "coefficients", &n_coefficients);
    *n = features ? n_coefficients / features : 0;
    return *n ? LW_OK : lwi_call_fail(c, LW_INVALID, "there are no coefficients");
}

static lw_status infer_classifier(lwi_call *c) {
    size_t rows = 0, features = 0, n = 0;
    lwi_labels labels;
    LW_TRY(lwi_feature_rows(c, &rows, &features));
    LW_TRY(count_scores(c, features, &n));
    LW_TRY(lwi_find_labels(c, "classlabels_ints", "classlabels_strings", &labels));
    const bool binary = n == 1 && labels.n == 2;
    if (labels.n < n) return lwi_call_fail(c, LW_INVALID, "%zu labels for %zu scores", labels.n, n);
    const int64_t dims[] = {(int64_t)rows, binary ? 2 : (int64_t)n};
    LW_TRY(lwi_out(c, 0, lwi_labels_dtype(&labels), 1, dims));
    return lwi_out(c, 1, LW_FLOAT32, 2, dims);
}

static void classify_rows(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    const lwi_linear *m = j->model;
    lw_value *y = j->c->out[0], *z = j->c->out[1];
    const bool binary = m->n_scores == 1 && m->labels.n == 2;
    for (size_t row = begin; row < end; row++) {
        double *scores = row_scores(j, row);
        size_t best = 0;
        for (size_t i = 1; i < m->n_scores; i++)
            if (scores[i] > scores[best]) best = i;
        if (binary) best = scores[0] > 0;
        if (binary) lwi_binary_scores(m->transform, false, scores[0], scores);
        else lwi_transform_scores(m->transform, scores, m->n_scores);
        if (y) lwi_put_label(&m->labels, best, y, row);
        if (z) put_scores(z, row, scores, binary ? 2 : m->n_scores);
    }
}

lw_status lwi_linear_classifier_prepare(lwi_call *c) {
    lwi_linear *m = NULL;
    LW_TRY(lwi_prepare(c, sizeof *m, &m));
    LW_TRY(lwi_feature_rows(c, &m->rows, &m->features));
    LW_TRY(count_scores(c, m->features, &m->n_scores));
    LW_TRY(lwi_find_labels(c, "classlabels_ints", "classlabels_strings", &m->labels));
    return read_model(c, m);
}

lw_status lwi_linear_classifier_finish(lwi_call *c, const float *scores) {
    return finish(c, scores, classify_rows);
}

static lw_status run_classifier(lwi_call *c) { return finish(c, NULL, classify_rows); }

const lwi_op lwi_op_linear_classifier = {
    .infer = infer_classifier, .prepare = lwi_linear_classifier_prepare, .run = run_classifier};
const lwi_op lwi_op_linear_regressor = {
    .infer = infer_regressor, .prepare = lwi_linear_regressor_prepare, .run = run_regressor};
