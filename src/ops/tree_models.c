/* SPDX-License-Identifier: MIT
 * What TreeEnsembleClassifier and TreeEnsembleRegressor (ai.onnx.ml 3) make of a forest's scores.
 */
#include "ops/lookup.h"
#include "ops/tree_ensemble.h"

#include <string.h>

typedef struct job {
    lwi_call *c;
    lwi_forest forest;
    lwi_labels labels;
    lwi_post_transform transform;
    lw_value base; /* base_values; n_base 0: none */
    size_t n_base, rows, features;
    bool all_positive; /* the weights of a classifier */
    size_t only_class; /* the one class that has weights; SIZE_MAX if several have */
    double *scores;    /* room for n_targets in each row, at least 2 */
    bool *seen;
} job;

static lw_status start(lwi_call *c, const char *prefix, size_t n_targets, job *j) {
    j->c = c;
    j->forest.n_targets = n_targets;
    LW_TRY(lwi_find_post_transform(c, &j->transform));
    LW_TRY(lwi_feature_rows(c, &j->rows, &j->features));
    LW_TRY(lwi_forest_read(c, prefix, &j->forest));
    LW_TRY(lwi_forest_check(c, &j->forest, j->features));
    const bool has_base = lwi_attr_list(c->node, "base_values", &j->base) ||
                          lwi_attr_list(c->node, "base_values_as_tensor", &j->base);
    j->n_base = has_base ? j->base.count : 0;
    if (j->n_base > n_targets)
        return lwi_call_fail(c, LW_INVALID, "base_values has %zu elements for %zu targets",
                             j->n_base, n_targets);
    LW_TRY(lwi_scratch(c, j->rows, (n_targets + 1) * sizeof *j->scores, &j->scores));
    return lwi_scratch(c, j->rows, n_targets, &j->seen);
}

/* One base value belongs to all targets of a regressor. */
static double base_value(const job *j, size_t target) {
    if (j->n_base == 0) return 0;
    if (j->n_base == 1) return lwi_get_double(&j->base, 0);
    return target < j->n_base ? lwi_get_double(&j->base, target) : 0;
}

static double *row_scores(const job *j, size_t row) {
    const size_t n = j->forest.n_targets;
    double *scores = j->scores + row * (n + 1);
    lwi_forest_run(&j->forest, j->c->in[0], row, j->features, scores, j->seen + row * n);
    return scores;
}

static void regress_rows(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    const size_t n = j->forest.n_targets;
    for (size_t row = begin; row < end; row++) {
        double *scores = row_scores(j, row);
        for (size_t i = 0; i < n; i++)
            scores[i] += base_value(j, i);
        lwi_transform_scores(j->transform, scores, n);
        float *y = (float *)j->c->out[0]->data + row * n;
        for (size_t i = 0; i < n; i++)
            y[i] = (float)scores[i];
    }
}

static lw_status infer_regressor(lwi_call *c) {
    size_t rows = 0, features = 0;
    LW_TRY(lwi_feature_rows(c, &rows, &features));
    const int64_t targets = lwi_attr_int(c->node, "n_targets", 1);
    if (targets < 1) return lwi_call_fail(c, LW_INVALID, "n_targets is %lld", (long long)targets);
    return lwi_out(c, 0, LW_FLOAT32, 2, (const int64_t[]){(int64_t)rows, targets});
}

static lw_status run_regressor(lwi_call *c) {
    static const char *const names[] = {"AVERAGE", "SUM", "MIN", "MAX"};
    const char *name = lwi_attr_string(c->node, "aggregate_function", "SUM");
    job j = {0};
    int aggregate = 0;
    while (aggregate < 4 && strcmp(name, names[aggregate]) != 0)
        aggregate++;
    if (aggregate == 4)
        return lwi_call_fail(c, LW_INVALID, "aggregate_function '%.40s' is not known", name);
    LW_TRY(start(c, "target", (size_t)lwi_attr_int(c->node, "n_targets", 1), &j));
    j.forest.aggregate = (lwi_tree_aggregate)aggregate;
    lwi_parallel(c, j.rows, 1 + 512 / (j.forest.n_roots + 1), regress_rows, &j);
    return LW_OK;
}

static lw_status infer_classifier(lwi_call *c) {
    size_t rows = 0, features = 0;
    lwi_labels labels;
    LW_TRY(lwi_feature_rows(c, &rows, &features));
    LW_TRY(lwi_find_labels(c, "classlabels_int64s", "classlabels_strings", &labels));
    const int64_t dims[] = {(int64_t)rows, (int64_t)labels.n};
    LW_TRY(lwi_out(c, 0, lwi_labels_dtype(&labels), 1, dims));
    return lwi_out(c, 1, LW_FLOAT32, 2, dims);
}

/* Labels 1 and 0 where there is no pair of labels to choose from. */
static void put_sign(const job *j, size_t row, bool positive) {
    lw_value *y = j->c->out[0];
    if (j->labels.strings)
        ((lw_string *)y->data)[row] = positive ? j->labels.strings[0] : (lw_string){"", 0};
    else ((int64_t *)y->data)[row] = positive;
}

/* Weights for one class only: their sum decides against a threshold. */
static void classify_binary(const job *j, size_t row, double *scores) {
    const double score = scores[j->only_class] + base_value(j, j->only_class);
    const bool positive = score > (j->all_positive && j->labels.n == 2 ? 0.5 : 0);
    scores[j->only_class] = score;
    if (j->labels.n == 2 && j->only_class == 0)
        lwi_binary_scores(j->transform, !j->all_positive, score, scores);
    else lwi_transform_scores(j->transform, scores, j->labels.n);
    if (!j->c->out[0]) return;
    if (j->labels.n == 2) lwi_put_label(&j->labels, positive, j->c->out[0], row);
    else put_sign(j, row, positive);
}

/* The best of the classes that got a weight, or of all if none did. */
static void classify_best(const job *j, size_t row, double *scores) {
    const size_t n = j->labels.n;
    const bool *seen = j->seen + row * n;
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        scores[i] += j->n_base == n ? base_value(j, i) : 0;
        if ((seen[i] || j->n_base == n) && (best == SIZE_MAX || scores[i] > scores[best])) best = i;
    }
    if (j->c->out[0]) lwi_put_label(&j->labels, best == SIZE_MAX ? 0 : best, j->c->out[0], row);
    lwi_transform_scores(j->transform, scores, n);
}

static void classify_rows(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    const size_t n = j->labels.n;
    for (size_t row = begin; row < end; row++) {
        double *scores = row_scores(j, row);
        if (n <= 2 && j->only_class != SIZE_MAX) classify_binary(j, row, scores);
        else classify_best(j, row, scores);
        if (!j->c->out[1]) continue;
        float *y = (float *)j->c->out[1]->data + row * n;
        for (size_t i = 0; i < n; i++)
            y[i] = (float)scores[i];
    }
}

static void look_at_weights(job *j) {
    const lwi_forest *f = &j->forest;
    j->all_positive = true;
    j->only_class = SIZE_MAX;
    bool first = true, several = false;
    for (size_t i = 0; i < f->n_nodes; i++) {
        if (f->nodes[i].mode != LWI_TREE_LEAF) continue;
        for (size_t w = f->nodes[i].yes; w < f->nodes[i].no; w++) {
            if (!(f->weights[w].weight >= 0)) j->all_positive = false;
            several = several || (!first && f->weights[w].target != j->only_class);
            j->only_class = f->weights[w].target;
            first = false;
        }
    }
    if (several) j->only_class = SIZE_MAX;
}

static lw_status run_classifier(lwi_call *c) {
    job j = {.forest.aggregate = LWI_TREE_SUM};
    LW_TRY(lwi_find_labels(c, "classlabels_int64s", "classlabels_strings", &j.labels));
    LW_TRY(start(c, "class", j.labels.n, &j));
    look_at_weights(&j);
    lwi_parallel(c, j.rows, 1 + 512 / (j.forest.n_roots + 1), classify_rows, &j);
    return LW_OK;
}

const lwi_op lwi_op_tree_ensemble_classifier = {.infer = infer_classifier, .run = run_classifier};
const lwi_op lwi_op_tree_ensemble_regressor = {.infer = infer_regressor, .run = run_regressor};
