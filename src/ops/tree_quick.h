/* SPDX-License-Identifier: MIT
 * Forests whose splits are all comparisons with float numbers, made ready for many rows: nodes of
 * 16 bytes that are walked (tree_quick.c) or, where trees are small, masks of leaves
 * (tree_masks.c). */
#ifndef LWI_TREE_QUICK_H
#define LWI_TREE_QUICK_H

#include "ops/op.h"

enum { LWI_TREE_BLOCK = 512, LWI_TREE_FEW = 4 };
#define LWI_NAN_IS_YES (1u << 31)

/* x <= split goes to next[0], all else to next[1]; with LWI_NAN_IS_YES in feature, NaN to next[0].
 * A leaf leads to itself. */
typedef struct lwi_quick_node {
    float split;
    uint32_t feature, next[2];
} lwi_quick_node;

/* What a leaf adds to each of a few targets; a bit of seen for each target that it has. */
typedef struct lwi_quick_sums {
    double add[LWI_TREE_FEW];
    uint32_t seen;
} lwi_quick_sums;

/* The tests of LWI_TREE_BLOCK trees, by feature. */
typedef struct lwi_mask_block lwi_mask_block;

typedef struct lwi_quick_forest {
    lwi_quick_node *nodes; /* inner ones, then leaves; NULL: there are none */
    size_t n_inner, n_roots;
    uint32_t *roots;       /* filled up to whole groups */
    uint32_t *steps;       /* of each group */
    uint32_t (*leaves)[2]; /* first weight and the end of the weights of node n_inner + i */
    lwi_quick_sums *sums;  /* of the leaves, where targets are few and are summed; or NULL */
    bool has_nan;          /* NaN goes the first way at some node */
    lwi_mask_block *masks; /* of each LWI_TREE_BLOCK trees, where they are small; or NULL */
} lwi_quick_forest;

/* In prepare: adds masks, if the trees are small enough for them to be quicker. */
lw_status lwi_tree_masks_make(lwi_call *call, lwi_quick_forest *forest);
/* The leaves, counted from the first one, that a row comes to in the trees of the block that begins
 * with `tree`. */
void lwi_tree_masks_leaves(const lwi_quick_forest *forest, size_t tree, const float *x,
                           uint32_t *leaf);

#endif
