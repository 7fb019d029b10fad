/* SPDX-License-Identifier: MIT
 * Forests of decision trees, as TreeEnsemble, TreeEnsembleClassifier and TreeEnsembleRegressor of
 * ai.onnx.ml have them. */
#ifndef LWI_TREE_ENSEMBLE_H
#define LWI_TREE_ENSEMBLE_H

#include "ops/ml_scores.h"

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
} lwi_forest;

/* Forests are read in prepare, into memory that lives as long as what it makes. */

/* Checks what the kernels rely on: no cycles, features below n_features, targets below n_targets.
 */
lw_status lwi_forest_check(lwi_call *call, const lwi_forest *forest, size_t n_features);
/* Scores of row `row` of x, [N, features]: n_targets numbers; seen says which got a weight. */
void lwi_forest_run(const lwi_forest *forest, const lw_value *x, size_t row, size_t features,
                    double *scores, bool *seen);
/* Reads the attributes nodes_* and <prefix>_ids, <prefix>_weights ... (prefix: class, target) that
 * operators before TreeEnsemble have. */
lw_status lwi_forest_read(lwi_call *call, const char *prefix, lwi_forest *forest);

#endif
