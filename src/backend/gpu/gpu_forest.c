/* SPDX-License-Identifier: MIT
 * TreeEnsemble, TreeEnsembleClassifier and TreeEnsembleRegressor of ai.onnx.ml. */
#include "backend/gpu/gpu_features.h"
#include "ops/registry.h"
#include "ops/tree_ensemble.h"

enum { NODE = 5, SIZES = 6, MISSING = 8, MOST = 1 << 26 /* nodes, or weights */ };
enum { SPLITS = 2, WEIGHTS, MEMBERS, BASES };

/* In the form of kernels/scores.k. */
typedef struct tables {
    int32_t sizes[SIZES], *nodes, *roots;
    double *numbers;
    size_t n_weights, n_members, n_numbers;
} tables;

static bool is_of_one_class(const lwi_tree_model *m) {
    return m->forest.n_targets <= 2 && m->only_class != SIZE_MAX;
}

static void count(const lwi_forest *f, tables *t) {
    for (size_t i = 0; i < f->n_nodes; i++) {
        const lwi_tree_node *node = &f->nodes[i];
        const size_t end = node->mode == LWI_TREE_LEAF ? node->no : 0;
        const size_t members = node->mode == LWI_TREE_MEMBER ? node->members + node->n_members : 0;
        if (end > t->n_weights) t->n_weights = end;
        if (members > t->n_members) t->n_members = members;
    }
}

static void write_nodes(const lwi_forest *f, tables *t) {
    for (size_t i = 0; i < f->n_nodes; i++) {
        const lwi_tree_node *node = &f->nodes[i];
        int32_t *to = t->nodes + NODE * i;
        to[0] = node->mode == LWI_TREE_LEAF ? 0 : (int32_t)node->feature;
        to[1] = (int32_t)node->yes;
        to[2] = (int32_t)node->no;
        to[3] = node->mode | (node->missing_is_yes ? MISSING : 0);
        to[4] = (int32_t)node->members;
        t->numbers[i] = node->mode == LWI_TREE_MEMBER ? (double)node->n_members : node->split;
    }
}

/* What is added to the scores of a target. */
static double base_of(const lwi_tree_model *m, bool classifies, size_t target) {
    if (classifies && is_of_one_class(m) ? target != m->only_class
                                         : classifies && m->n_base != m->forest.n_targets)
        return 0;
    return lwi_tree_base(m, target);
}

static lw_status write_tables(lwi_call *c, const lwi_tree_model *m, bool classifies, tables *t) {
    const lwi_forest *f = &m->forest;
    count(f, t);
    const size_t all[] = {f->n_nodes, t->n_weights, t->n_members, f->n_targets};
    t->sizes[0] = (int32_t)f->n_roots;
    t->sizes[1] = (int32_t)f->aggregate;
    for (int i = 0; i < 4; i++) {
        t->sizes[SPLITS + i] = (int32_t)t->n_numbers;
        t->n_numbers += all[i];
    }
    LW_TRY(lwi_scratch(c, NODE * f->n_nodes, sizeof *t->nodes, &t->nodes));
    LW_TRY(lwi_scratch(c, f->n_roots + t->n_weights + 1, sizeof *t->roots, &t->roots));
    LW_TRY(lwi_scratch(c, t->n_numbers, sizeof *t->numbers, &t->numbers));
    write_nodes(f, t);
    for (size_t i = 0; i < f->n_roots; i++)
        t->roots[i] = (int32_t)f->roots[i];
    for (size_t i = 0; i < t->n_weights; i++) {
        t->roots[f->n_roots + i] = (int32_t)f->weights[i].target;
        t->numbers[t->sizes[WEIGHTS] + (int32_t)i] = f->weights[i].weight;
    }
    for (size_t i = 0; i < t->n_members; i++)
        t->numbers[t->sizes[MEMBERS] + (int32_t)i] = f->members[i];
    for (size_t i = 0; i < f->n_targets; i++)
        t->numbers[t->sizes[BASES] + (int32_t)i] = base_of(m, classifies, i);
    return LW_OK;
}

static void write_how(const lwi_tree_model *m, bool classifies, int32_t how[LWI_GPU_HOW]) {
    const size_t n = m->forest.n_targets;
    const bool one = is_of_one_class(m);
    how[LWI_GPU_TRANSFORM] = (int32_t)m->transform;
    how[LWI_GPU_SCORES] = how[LWI_GPU_GIVEN] = (int32_t)n;
    if (!classifies) return;
    how[LWI_GPU_KIND] = one ? LWI_GPU_ONE_CLASS : LWI_GPU_CLASSES;
    how[LWI_GPU_ONLY] = one ? (int32_t)m->only_class : 0;
    how[LWI_GPU_POSITIVE] = m->all_positive;
    how[LWI_GPU_ALL_COUNT] = m->n_base == n;
}

static lw_status launch(const lwi_call *c, const lwi_tree_model *m, bool classifies,
                        const tables *t, lwi_gpu_step *step) {
    const size_t n = m->forest.n_targets, scores = m->rows * (n + 1) * sizeof(double);
    int32_t how[LWI_GPU_HOW] = {0};
    lwi_gpu_launch *launch = NULL;
    write_how(m, classifies, how);
    LW_TRY(lwi_gpu_items(step, "forest_scores", m->rows, &launch));
    LW_TRY(lwi_gpu_give_scores_how(c, how, classifies ? &m->labels : NULL, step, launch));
    LW_TRY(lwi_gpu_data(step, launch, t->sizes, sizeof t->sizes));
    LW_TRY(lwi_gpu_data(step, launch, t->nodes, NODE * m->forest.n_nodes * sizeof *t->nodes));
    LW_TRY(lwi_gpu_data(step, launch, t->roots,
                        (m->forest.n_roots + t->n_weights + 1) * sizeof *t->roots));
    LW_TRY(lwi_gpu_wide_data(c, t->numbers, t->n_numbers, step, launch));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_give_score_outputs(c, classifies, launch);
    lwi_gpu_scratch(step, launch, scores);
    lwi_gpu_scratch_at(step, launch, (scores + 255) & ~(size_t)255, m->rows * n * sizeof(int32_t));
    lwi_gpu_int(launch, lwi_gpu_type_of(c->in[0]->dtype));
    lwi_gpu_int(launch, (int64_t)m->features);
    lwi_gpu_int(launch, (int64_t)m->rows);
    return LW_OK;
}

static lw_status plan_forest(const lwi_call *c, bool classifies, lwi_gpu_step *step, bool *taken) {
    lwi_call call = *c;
    tables t = {.n_weights = 0};
    if (!lwi_gpu_takes_features(c, step))
        return lwi_gpu_refuse(step, "its types, or it has strings");
    LW_TRY(c->node->op->op->prepare(&call));
    const lwi_tree_model *m = call.prepared;
    if (m->forest.n_nodes >= MOST || m->forest.n_roots >= MOST)
        return lwi_gpu_refuse(step, "too many nodes");
    LW_TRY(write_tables(&call, m, classifies, &t));
    if (t.n_numbers >= INT32_MAX) return lwi_gpu_refuse(step, "too many nodes");
    *taken = true;
    return launch(c, m, classifies, &t, step);
}

lw_status lwi_gpu_forest_regressor(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_forest(c, false, step, taken);
}

lw_status lwi_gpu_forest_classifier(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_forest(c, true, step, taken);
}
