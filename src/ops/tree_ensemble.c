/* SPDX-License-Identifier: MIT
 * TreeEnsemble (ai.onnx.ml 5): inner nodes and leaves in tables of their own. */
#include "ops/tree_ensemble.h"
#include "ops/lookup.h"

#include <math.h>

static lw_status infer(lwi_call *c) {
    size_t rows = 0, features = 0;
    LW_TRY(lwi_feature_rows(c, &rows, &features));
    const int64_t targets = lwi_attr_int(c->node, "n_targets", 1);
    if (targets < 1) return lwi_call_fail(c, LW_INVALID, "n_targets is %lld", (long long)targets);
    return lwi_out(c, 0, c->in[0]->dtype, 2, (const int64_t[]){(int64_t)rows, targets});
}

/* The attributes, as they are. */
typedef struct tables {
    const int64_t *features, *yes, *no, *yes_leaf, *no_leaf, *missing, *targets, *roots;
    size_t n, n_leaves, n_roots;
    lw_value splits, modes, weights, members;
    bool has_members;
} tables;

static lw_status read_ints(const lwi_call *c, const char *name, size_t expected,
                           const int64_t **list) {
    size_t n = 0;
    *list = lwi_attr_ints(c->node, name, &n);
    if (*list && n == expected) return LW_OK;
    return lwi_call_fail(c, LW_INVALID, "%s has %zu elements, expected %zu", name, n, expected);
}

static lw_status read_tables(const lwi_call *c, tables *t) {
    *t = (tables){0};
    t->features = lwi_attr_ints(c->node, "nodes_featureids", &t->n);
    t->roots = lwi_attr_ints(c->node, "tree_roots", &t->n_roots);
    LW_TRY(read_ints(c, "nodes_truenodeids", t->n, &t->yes));
    LW_TRY(read_ints(c, "nodes_falsenodeids", t->n, &t->no));
    LW_TRY(read_ints(c, "nodes_trueleafs", t->n, &t->yes_leaf));
    LW_TRY(read_ints(c, "nodes_falseleafs", t->n, &t->no_leaf));
    if (lwi_node_attr(c->node, "nodes_missing_value_tracks_true"))
        LW_TRY(read_ints(c, "nodes_missing_value_tracks_true", t->n, &t->missing));
    t->has_members = lwi_attr_list(c->node, "membership_values", &t->members);
    if (!t->features || !t->roots || !lwi_attr_list(c->node, "nodes_splits", &t->splits) ||
        !lwi_attr_list(c->node, "nodes_modes", &t->modes) ||
        !lwi_attr_list(c->node, "leaf_weights", &t->weights) || t->splits.count != t->n ||
        t->modes.count != t->n)
        return lwi_call_fail(c, LW_INVALID, "the tables of nodes and leaves do not fit together");
    t->n_leaves = t->weights.count;
    return read_ints(c, "leaf_targetids", t->n_leaves, &t->targets);
}

/* A leaf is node n + its number; a wrong number becomes one that lwi_forest_check refuses. */
static size_t child(const tables *t, int64_t id, int64_t is_leaf) {
    const size_t limit = is_leaf ? t->n_leaves : t->n;
    if (id < 0 || (size_t)id >= limit) return SIZE_MAX;
    return is_leaf ? t->n + (size_t)id : (size_t)id;
}

/* The next set of members, which ends with a NaN or the list. */
static void read_members(const lwi_forest *f, const tables *t, size_t *at, lwi_tree_node *node) {
    const size_t n = t->has_members ? t->members.count : 0;
    node->members = *at;
    while (*at < n && !isnan(f->members[*at]))
        ++*at;
    node->n_members = *at - node->members;
    if (*at < n) ++*at;
}

static lw_status build(lwi_call *c, const tables *t, lwi_forest *f) {
    f->n_nodes = t->n + t->n_leaves;
    f->n_roots = t->n_roots;
    LW_TRY(lwi_kept(c, f->n_nodes, sizeof *f->nodes, &f->nodes));
    LW_TRY(lwi_kept(c, t->n_leaves, sizeof *f->weights, &f->weights));
    LW_TRY(lwi_kept(c, t->n_roots, sizeof *f->roots, &f->roots));
    LW_TRY(lwi_kept(c, t->has_members ? t->members.count : 0, sizeof *f->members, &f->members));
    for (size_t i = 0; t->has_members && i < t->members.count; i++)
        f->members[i] = lwi_get_double(&t->members, i);
    size_t member = 0;
    for (size_t i = 0; i < t->n; i++) {
        const int64_t mode = lwi_get_int(&t->modes, i);
        if (mode < LWI_TREE_LEQ || mode > LWI_TREE_MEMBER)
            return lwi_call_fail(c, LW_INVALID, "node %zu has mode %lld", i, (long long)mode);
        f->nodes[i] =
            (lwi_tree_node){.split = lwi_get_double(&t->splits, i),
                            .feature = t->features[i] < 0 ? SIZE_MAX : (size_t)t->features[i],
                            .yes = child(t, t->yes[i], t->yes_leaf[i]),
                            .no = child(t, t->no[i], t->no_leaf[i]),
                            .mode = (uint8_t)mode,
                            .missing_is_yes = t->missing && t->missing[i]};
        if (mode == LWI_TREE_MEMBER) read_members(f, t, &member, &f->nodes[i]);
    }
    for (size_t i = 0; i < t->n_leaves; i++) {
        f->nodes[t->n + i] = (lwi_tree_node){.mode = LWI_TREE_LEAF, .yes = i, .no = i + 1};
        f->weights[i] = (lwi_tree_weight){t->targets[i] < 0 ? SIZE_MAX : (size_t)t->targets[i],
                                          lwi_get_double(&t->weights, i)};
    }
    for (size_t i = 0; i < t->n_roots; i++)
        f->roots[i] = child(t, t->roots[i], 0);
    return LW_OK;
}

typedef lwi_tree_model prepared;

static lw_status prepare(lwi_call *c) {
    prepared *p = NULL;
    tables t;
    const int64_t aggregate = lwi_attr_int(c->node, "aggregate_function", LWI_TREE_SUM);
    const int64_t transform = lwi_attr_int(c->node, "post_transform", LWI_POST_NONE);
    if (aggregate < 0 || aggregate > LWI_TREE_MAX || transform < 0 || transform > LWI_POST_PROBIT)
        return lwi_call_fail(c, LW_INVALID,
                             "aggregate_function %lld or post_transform %lld is not "
                             "known",
                             (long long)aggregate, (long long)transform);
    LW_TRY(lwi_prepare(c, sizeof *p, &p));
    p->forest.n_targets = (size_t)lwi_attr_int(c->node, "n_targets", 1);
    p->forest.aggregate = (lwi_tree_aggregate)aggregate;
    p->transform = (lwi_post_transform)transform;
    LW_TRY(lwi_feature_rows(c, &p->rows, &p->features));
    LW_TRY(read_tables(c, &t));
    LW_TRY(build(c, &t, &p->forest));
    LW_TRY(lwi_forest_check(c, &p->forest, p->features));
    return lwi_forest_quicken(c, &p->forest);
}

typedef struct job {
    const prepared *p;
    const lw_value *x;
    lw_value *y;
    double *scores;
    bool *seen;
} job;

static void run_rows(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    const size_t n = j->p->forest.n_targets;
    for (size_t row = begin; row < end; row++) {
        double *scores = j->scores + row * n;
        lwi_forest_run(&j->p->forest, j->x, row, j->p->features, scores, j->seen + row * n);
        lwi_transform_scores(j->p->transform, scores, n);
        for (size_t i = 0; i < n; i++) {
            if (j->y->dtype == LW_FLOAT32) ((float *)j->y->data)[row * n + i] = (float)scores[i];
            else ((double *)j->y->data)[row * n + i] = scores[i];
        }
    }
}

static lw_status run(lwi_call *c) {
    job j = {.p = c->prepared, .x = c->in[0], .y = c->out[0]};
    LW_TRY(lwi_scratch(c, j.y->count, sizeof *j.scores, &j.scores));
    LW_TRY(lwi_scratch(c, j.y->count, sizeof *j.seen, &j.seen));
    lwi_parallel(c, j.p->rows, 1 + 512 / (j.p->forest.n_roots + 1), run_rows, &j);
    return LW_OK;
}

const lwi_op lwi_op_tree_ensemble = {
    .infer = infer, .prepare = prepare, .run = run, .flags = LWI_WIDEN};
