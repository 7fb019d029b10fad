/* SPDX-License-Identifier: MIT
 * Forests of decision trees, as TreeEnsemble, TreeEnsembleClassifier and TreeEnsembleRegressor of
 * ai.onnx.ml have them. */
#ifndef LWI_TREE_ENSEMBLE_H
#define LWI_TREE_ENSEMBLE_H

#include "ops/ml_scores.h"
#include "ops/tree_quick.h"

#include <math.h>

typedef enum lwi_tree_mode {
    LWI_TREE_LEQ,
    LWI_TREE_LT,
    LWI_TREE_GTE,
    LWI_TREE_GT,
    LWI_TREE_EQ,
    LWI_TREE_NEQ,
    LWI_TREE_MEMBER,
    LWI_TREE_LEAF
} lwi_tree_mode;

typedef struct lwi_tree_node {
    double split;
    size_t feature;
    size_t yes, no;            /* nodes; of a leaf: its first weight and the end of its weights */
    size_t members, n_members; /* of MEMBER */
    uint8_t mode;
    bool missing_is_yes; /* where NaN goes */
} lwi_tree_node;

typedef struct lwi_tree_weight {
    size_t target;
    double weight;
} lwi_tree_weight;

typedef enum lwi_tree_aggregate {
    LWI_TREE_AVERAGE,
    LWI_TREE_SUM,
    LWI_TREE_MIN,
    LWI_TREE_MAX
} lwi_tree_aggregate;

typedef struct lwi_forest {
    lwi_tree_node *nodes;
    size_t n_nodes;
    size_t *roots;
    size_t n_roots;
    lwi_tree_weight *weights;
    double *members;
    size_t n_targets;
    lwi_tree_aggregate aggregate;
    lwi_quick_forest quick; /* of the same trees */
} lwi_forest;

/* Forests are read in prepare, into memory that lives as long as what it makes. */

/* Checks what the kernels rely on: no cycles, features below n_features, targets below n_targets.
 */
lw_status lwi_forest_check(lwi_call *call, const lwi_forest *forest, size_t n_features);
/* Scores of row `row` of x, [N, features]: n_targets numbers; seen says which got a weight. */
void lwi_forest_run(const lwi_forest *forest, const lw_value *x, size_t row, size_t features,
                    double *scores, bool *seen);
/* In prepare: adds the quick form of a checked forest, if the input is float32 and all splits are
 * comparisons with floats. */
lw_status lwi_forest_quicken(lwi_call *call, lwi_forest *forest);
/* A row of floats, with forest->quick. */
void lwi_quick_run(const lwi_forest *forest, const float *x, double *scores, bool *seen);
/* Reads the attributes nodes_* and <prefix>_ids, <prefix>_weights ... (prefix: class, target) that
 * operators before TreeEnsemble have. */
lw_status lwi_forest_read(lwi_call *call, const char *prefix, lwi_forest *forest);

/* What the operators' prepare leaves in call->prepared. */
typedef struct lwi_tree_model {
    lwi_forest forest;
    lwi_labels labels; /* of a classifier */
    lwi_post_transform transform;
    lw_value base; /* base_values; n_base 0: none */
    size_t n_base, rows, features;
    bool all_positive; /* the weights of a classifier */
    size_t only_class; /* the one class that has weights; SIZE_MAX if several have */
} lwi_tree_model;

/* One base value belongs to all targets of a regressor. */
static inline double lwi_tree_base(const lwi_tree_model *m, size_t target) {
    if (m->n_base == 0) return 0;
    if (m->n_base == 1) return lwi_get_double(&m->base, 0);
    return target < m->n_base ? lwi_get_double(&m->base, target) : 0;
}

static inline void lwi_forest_add(const lwi_forest *f, const lwi_tree_weight *w, double *scores,
                                  bool *seen) {
    double *score = &scores[w->target];
    const bool first = !seen[w->target];
    seen[w->target] = true;
    if (f->aggregate == LWI_TREE_MIN) *score = first ? w->weight : fmin(*score, w->weight);
    else if (f->aggregate == LWI_TREE_MAX) *score = first ? w->weight : fmax(*score, w->weight);
    else *score += w->weight;
}

#endif
