/* SPDX-License-Identifier: MIT
 * What TreeEnsembleClassifier and TreeEnsembleRegressor (ai.onnx.ml 3) make of a forest's scores.
 */
#include "ops/lookup.h"
#include "ops/tree_ensemble.h"

#include <string.h>

typedef lwi_tree_model prepared;

typedef struct job {
    const prepared *p;
    lwi_call *c;
    double *scores; /* room for n_targets in each row, at least 2 */
    bool *seen;
} job;

static lw_status prepare(lwi_call *c, const char *prefix, size_t n_targets, prepared **made) {
    prepared *p = NULL;
    LW_TRY(lwi_prepare(c, sizeof *p, &p));
    p->forest.n_targets = n_targets;
    p->forest.aggregate = LWI_TREE_SUM;
    LW_TRY(lwi_find_post_transform(c, &p->transform));
    LW_TRY(lwi_feature_rows(c, &p->rows, &p->features));
    LW_TRY(lwi_forest_read(c, prefix, &p->forest));
    LW_TRY(lwi_forest_check(c, &p->forest, p->features));
    const bool has_base = lwi_attr_list(c->node, "base_values", &p->base) ||
                          lwi_attr_list(c->node, "base_values_as_tensor", &p->base);
    p->n_base = has_base ? p->base.count : 0;
    if (p->n_base > n_targets)
        return lwi_call_fail(c, LW_INVALID, "base_values has %zu elements for %zu targets",
                             p->n_base, n_targets);
    *made = p;
    return LW_OK;
}

static lw_status run_rows(lwi_call *c, void (*rows)(void *arg, size_t begin, size_t end)) {
    job j = {.p = c->prepared, .c = c};
    const size_t n = j.p->forest.n_targets;
    LW_TRY(lwi_scratch(c, j.p->rows, (n + 1) * sizeof *j.scores, &j.scores));
    LW_TRY(lwi_scratch(c, j.p->rows, n, &j.seen));
    lwi_parallel(c, j.p->rows, 1 + 512 / (j.p->forest.n_roots + 1), rows, &j);
    return LW_OK;
}

static double *row_scores(const job *j, size_t row) {
    const size_t n = j->p->forest.n_targets;
    double *scores = j->scores + row * (n + 1);
    lwi_forest_run(&j->p->forest, j->c->in[0], row, j->p->features, scores, j->seen + row * n);
    return scores;
}

static void regress_rows(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    const size_t n = j->p->forest.n_targets;
    for (size_t row = begin; row < end; row++) {
        double *scores = row_scores(j, row);
        for (size_t i = 0; i < n; i++)
            scores[i] += lwi_tree_base(j->p, i);
        lwi_transform_scores(j->p->transform, scores, n);
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

static lw_status prepare_regressor(lwi_call *c) {
    static const char *const names[] = {"AVERAGE", "SUM", "MIN", "MAX"};
    const char *name = lwi_attr_string(c->node, "aggregate_function", "SUM");
    prepared *p = NULL;
    int aggregate = 0;
    while (aggregate < 4 && strcmp(name, names[aggregate]) != 0)
        aggregate++;
    if (aggregate == 4)
        return lwi_call_fail(c, LW_INVALID, "aggregate_function '%.40s' is not known", name);
    LW_TRY(prepare(c, "target", (size_t)lwi_attr_int(c->node, "n_targets", 1), &p));
    p->forest.aggregate = (lwi_tree_aggregate)aggregate;
    return lwi_forest_quicken(c, &p->forest);
}

static lw_status run_regressor(lwi_call *c) { return run_rows(c, regress_rows); }

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
    if (j->p->labels.strings)
        ((lw_string *)y->data)[row] = positive ? j->p->labels.strings[0] : (lw_string){"", 0};
    else ((int64_t *)y->data)[row] = positive;
}

/* Weights for one class only: their sum decides against a threshold. */
static void classify_binary(const job *j, size_t row, double *scores) {
    const double score = scores[j->p->only_class] + lwi_tree_base(j->p, j->p->only_class);
    const bool positive = score > (j->p->all_positive && j->p->labels.n == 2 ? 0.5 : 0);
    scores[j->p->only_class] = score;
    if (j->p->labels.n == 2 && j->p->only_class == 0)
        lwi_binary_scores(j->p->transform, !j->p->all_positive, score, scores);
    else lwi_transform_scores(j->p->transform, scores, j->p->labels.n);
    if (!j->c->out[0]) return;
    if (j->p->labels.n == 2) lwi_put_label(&j->p->labels, positive, j->c->out[0], row);
    else put_sign(j, row, positive);
}

/* The best of the classes that got a weight, or of all if none did. */
static void classify_best(const job *j, size_t row, double *scores) {
    const size_t n = j->p->labels.n;
    const bool *seen = j->seen + row * n;
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        scores[i] += j->p->n_base == n ? lwi_tree_base(j->p, i) : 0;
        if ((seen[i] || j->p->n_base == n) && (best == SIZE_MAX || scores[i] > scores[best]))
            best = i;
    }
    if (j->c->out[0]) lwi_put_label(&j->p->labels, best == SIZE_MAX ? 0 : best, j->c->out[0], row);
    lwi_transform_scores(j->p->transform, scores, n);
}

static void classify_rows(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    const size_t n = j->p->labels.n;
    for (size_t row = begin; row < end; row++) {
        double *scores = row_scores(j, row);
        if (n <= 2 && j->p->only_class != SIZE_MAX) classify_binary(j, row, scores);
        else classify_best(j, row, scores);
        if (!j->c->out[1]) continue;
        float *y = (float *)j->c->out[1]->data + row * n;
        for (size_t i = 0; i < n; i++)
            y[i] = (float)scores[i];
    }
}

static void look_at_weights(prepared *p) {
    const lwi_forest *f = &p->forest;
    p->all_positive = true;
    p->only_class = SIZE_MAX;
    bool first = true, several = false;
    for (size_t i = 0; i < f->n_nodes; i++) {
        if (f->nodes[i].mode != LWI_TREE_LEAF) continue;
        for (size_t w = f->nodes[i].yes; w < f->nodes[i].no; w++) {
            if (!(f->weights[w].weight >= 0)) p->all_positive = false;
            several = several || (!first && f->weights[w].target != p->only_class);
            p->only_class = f->weights[w].target;
            first = false;
        }
    }
    if (several) p->only_class = SIZE_MAX;
}

static lw_status prepare_classifier(lwi_call *c) {
    lwi_labels labels;
    prepared *p = NULL;
    LW_TRY(lwi_find_labels(c, "classlabels_int64s", "classlabels_strings", &labels));
    LW_TRY(prepare(c, "class", labels.n, &p));
    p->labels = labels;
    look_at_weights(p);
    return lwi_forest_quicken(c, &p->forest);
}

static lw_status run_classifier(lwi_call *c) { return run_rows(c, classify_rows); }

const lwi_op lwi_op_tree_ensemble_classifier = {
    .infer = infer_classifier, .prepare = prepare_classifier, .run = run_classifier};
const lwi_op lwi_op_tree_ensemble_regressor = {
    .infer = infer_regressor, .prepare = prepare_regressor, .run = run_regressor};
