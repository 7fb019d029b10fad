/* SPDX-License-Identifier: MIT
 * LinearClassifier and LinearRegressor (ai.onnx.ml 1): scores = coefficients * x + intercepts, a
 * row of coefficients for each score. */
#include "ops/ml_scores.h"

#include <math.h>

typedef struct job {
    lwi_call *c;
    size_t rows, features, n_scores;
    const float *coefficients, *intercepts; /* intercepts: NULL for none */
    lwi_post_transform transform;
    lwi_labels labels; /* of a classifier */
    double *scores;    /* n_scores + 1 for each row */
} job;

static lw_status start(lwi_call *c, job *j) {
    size_t n_coefficients = 0, n_intercepts = 0;
    j->c = c;
    LW_TRY(lwi_feature_rows(c, &j->rows, &j->features));
    LW_TRY(lwi_find_post_transform(c, &j->transform));
    j->coefficients = lwi_attr_floats(c->node, "coefficients", &n_coefficients);
    j->intercepts = lwi_attr_floats(c->node, "intercepts", &n_intercepts);
    const size_t per_score = j->n_scores ? n_coefficients / j->n_scores : 0;
    if (per_score != j->features || n_coefficients != per_score * j->n_scores ||
        (j->intercepts && n_intercepts < j->n_scores))
        return lwi_call_fail(c, LW_SHAPE,
                             "%zu coefficients and %zu intercepts do not fit %zu "
                             "scores of %zu features",
                             n_coefficients, n_intercepts, j->n_scores, j->features);
    return lwi_scratch(c, j->rows, (j->n_scores + 1) * sizeof *j->scores, &j->scores);
}

static double *row_scores(const job *j, size_t row) {
    double *scores = j->scores + row * (j->n_scores + 1);
    for (size_t s = 0; s < j->n_scores; s++) {
        double sum = j->intercepts ? j->intercepts[s] : 0;
        for (size_t f = 0; f < j->features; f++)
            sum += lwi_get_double(j->c->in[0], row * j->features + f) *
                   j->coefficients[s * j->features + f];
        scores[s] = sum;
    }
    return scores;
}

static void put_scores(lw_value *y, size_t row, const double *scores, size_t n) {
    float *out = (float *)y->data + row * n;
    for (size_t i = 0; i < n; i++)
        out[i] = (float)scores[i];
}

static void regress_rows(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    for (size_t row = begin; row < end; row++) {
        double *scores = row_scores(j, row);
        lwi_transform_scores(j->transform, scores, j->n_scores);
        put_scores(j->c->out[0], row, scores, j->n_scores);
    }
}

static lw_status infer_regressor(lwi_call *c) {
    size_t rows = 0, features = 0;
    LW_TRY(lwi_feature_rows(c, &rows, &features));
    const int64_t targets = lwi_attr_int(c->node, "targets", 1);
    if (targets < 1) return lwi_call_fail(c, LW_INVALID, "targets is %lld", (long long)targets);
    return lwi_out(c, 0, LW_FLOAT32, 2, (const int64_t[]){(int64_t)rows, targets});
}

static lw_status run_regressor(lwi_call *c) {
    job j = {.n_scores = (size_t)lwi_attr_int(c->node, "targets", 1)};
    LW_TRY(start(c, &j));
    lwi_parallel(c, j.rows, 1 + 8192 / (j.n_scores * j.features + 1), regress_rows, &j);
    return LW_OK;
}

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
    lw_value *y = j->c->out[0], *z = j->c->out[1];
    const bool binary = j->n_scores == 1 && j->labels.n == 2;
    for (size_t row = begin; row < end; row++) {
        double *scores = row_scores(j, row);
        size_t best = 0;
        for (size_t i = 1; i < j->n_scores; i++)
            if (scores[i] > scores[best]) best = i;
        if (binary) best = scores[0] > 0;
        if (binary) lwi_binary_scores(j->transform, false, scores[0], scores);
        else lwi_transform_scores(j->transform, scores, j->n_scores);
        if (y) lwi_put_label(&j->labels, best, y, row);
        if (z) put_scores(z, row, scores, binary ? 2 : j->n_scores);
    }
}

static lw_status run_classifier(lwi_call *c) {
    job j = {0};
    LW_TRY(lwi_feature_rows(c, &j.rows, &j.features));
    LW_TRY(count_scores(c, j.features, &j.n_scores));
    LW_TRY(lwi_find_labels(c, "classlabels_ints", "classlabels_strings", &j.labels));
    LW_TRY(start(c, &j));
    lwi_parallel(c, j.rows, 1 + 8192 / (j.n_scores * j.features + 1), classify_rows, &j);
    return LW_OK;
}

const lwi_op lwi_op_linear_classifier = {.infer = infer_classifier, .run = run_classifier};
const lwi_op lwi_op_linear_regressor = {.infer = infer_regressor, .run = run_regressor};
