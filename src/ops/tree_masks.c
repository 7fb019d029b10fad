/* SPDX-License-Identifier: MIT
 * Small trees by masks of their leaves (QuickScorer: C. Lucchese et al., SIGIR 2015). The leaves of
 * a tree are numbered from the yes side to the no side. A test that fails cannot be followed by one
 * of the leaves on its yes side: it clears their bits, and when all failing tests of a tree have
 * done so, the lowest bit left is the row's leaf. Tests of a feature are sorted by their numbers,
 * so that those which fail come first; nothing is asked of the others. */
#include "ops/tree_quick.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LEAVES = 32, GOOD_LEAVES = 16 }; /* of a tree; of trees in the mean */

typedef struct test {
    float split;
    uint32_t keep, feature;
    uint16_t tree; /* in the block */
    bool nan_is_yes;
} test;

typedef struct span {
    uint32_t feature;
    uint32_t begin, end; /* of its tests; after them comes one that no number fails */
} span;

struct lwi_mask_block {
    size_t n_trees, n_spans;
    test *tests;
    span *spans;
    uint32_t *first; /* of each tree in `leaves` */
    uint32_t *leaves;
};

/* ------------------------------------------------------------------- build */

typedef struct builder {
    const lwi_quick_forest *forest;
    test *tests; /* NULL: they are only counted */
    uint32_t *leaves;
    size_t n_tests, n_leaves, first_leaf; /* of the tree */
    uint16_t tree;
} builder;

/* Leaves and tests below a node; false: there are too many. */
static bool visit(builder *b, uint32_t at, int depth) {
    const lwi_quick_node *node = &b->forest->nodes[at];
    const size_t before = b->n_leaves - b->first_leaf;
    if (before == MOST_LEAVES || depth == MOST_LEAVES) return false;
    if (at >= b->forest->n_inner) {
        if (b->leaves) b->leaves[b->n_leaves] = at - (uint32_t)b->forest->n_inner;
        b->n_leaves++;
        return true;
    }
    if (!visit(b, node->next[0], depth + 1)) return false;
    const size_t after = b->n_leaves - b->first_leaf;
    if (b->tests)
        b->tests[b->n_tests] = (test){
            .split = node->split,
            .keep = ~(uint32_t)(((uint64_t)1 << after) - ((uint64_t)1 << before)),
            .feature = node->feature & ~LWI_NAN_IS_YES,
            .tree = b->tree,
            .nan_is_yes = (node->feature & LWI_NAN_IS_YES) != 0,
        };
    b->n_tests++;
    return visit(b, node->next[1], depth + 1);
}

static bool visit_block(builder *b, size_t block, uint32_t *first) {
    const size_t begin = block * LWI_TREE_BLOCK, left = b->forest->n_roots - begin;
    for (size_t t = 0; t < left && t < LWI_TREE_BLOCK; t++) {
        b->tree = (uint16_t)t;
        b->first_leaf = b->n_leaves;
        if (first) first[t] = (uint32_t)b->first_leaf;
        if (!visit(b, b->forest->roots[begin + t], 0)) return false;
    }
    return true;
}

static int by_feature(const void *a, const void *b) {
    const test *s = a, *t = b;
    if (s->feature != t->feature) return s->feature < t->feature ? -1 : 1;
    return (s->split > t->split) - (s->split < t->split);
}

static size_t count_features(const test *tests, size_t n) {
    size_t features = 0;
    for (size_t i = 0; i < n; i++)
        features += i == 0 || tests[i].feature != tests[i - 1].feature;
    return features;
}

/* From sorted tests: those of a feature, then the one that ends them. */
static void fill_spans(lwi_mask_block *block, const test *sorted, size_t n) {
    size_t to = 0;
    span *s = block->spans - 1;
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || sorted[i].feature != sorted[i - 1].feature)
            *++s = (span){.feature = sorted[i].feature, .begin = (uint32_t)to};
        block->tests[to++] = sorted[i];
        s->end = (uint32_t)to;
        if (i + 1 == n || sorted[i].feature != sorted[i + 1].feature)
            block->tests[to++] = (test){.split = INFINITY};
    }
}

static lw_status make_block(lwi_call *c, const lwi_quick_forest *f, size_t index,
                            lwi_mask_block *block) {
    builder b = {.forest = f};
    (void)visit_block(&b, index, NULL);
    test *sorted = NULL;
    LW_TRY(lwi_scratch(c, b.n_tests + 1, sizeof *sorted, &sorted));
    LW_TRY(lwi_kept(c, LWI_TREE_BLOCK, sizeof *block->first, &block->first));
    LW_TRY(lwi_kept(c, b.n_leaves, sizeof *block->leaves, &block->leaves));
    b = (builder){.forest = f, .tests = sorted, .leaves = block->leaves};
    (void)visit_block(&b, index, block->first);
    qsort(sorted, b.n_tests, sizeof *sorted, by_feature);
    block->n_spans = count_features(sorted, b.n_tests);
    const size_t left = f->n_roots - index * LWI_TREE_BLOCK;
    block->n_trees = left < LWI_TREE_BLOCK ? left : LWI_TREE_BLOCK;
    LW_TRY(lwi_kept(c, block->n_spans + 1, sizeof *block->spans, &block->spans));
    LW_TRY(lwi_kept(c, b.n_tests + block->n_spans + 1, sizeof *block->tests, &block->tests));
    fill_spans(block, sorted, b.n_tests);
    return LW_OK;
}

lw_status lwi_tree_masks_make(lwi_call *c, lwi_quick_forest *f) {
    const size_t blocks = (f->n_roots + LWI_TREE_BLOCK - 1) / LWI_TREE_BLOCK;
    builder count = {.forest = f};
    for (size_t i = 0; i < blocks; i++)
        if (!visit_block(&count, i, NULL)) return LW_OK;
    if (count.n_leaves > f->n_roots * GOOD_LEAVES) return LW_OK;
    LW_TRY(lwi_kept(c, blocks, sizeof *f->masks, &f->masks));
    for (size_t i = 0; i < blocks; i++)
        LW_TRY(make_block(c, f, i, &f->masks[i]));
    return LW_OK;
}

/* --------------------------------------------------------------------- run */

void lwi_tree_masks_leaves(const lwi_quick_forest *f, size_t tree, const float *x, uint32_t *leaf) {
    const lwi_mask_block *block = &f->masks[tree / LWI_TREE_BLOCK];
    uint32_t mask[LWI_TREE_BLOCK];
    memset(mask, 0xff, block->n_trees * sizeof *mask);
    for (const span *s = block->spans; s < block->spans + block->n_spans; s++) {
        const float value = x[s->feature];
        const test *t = &block->tests[s->begin];
        for (; t->split < value; t++)
            mask[t->tree] &= t->keep;
        if (value != value)
            for (; t < &block->tests[s->end]; t++)
                mask[t->tree] &= t->nan_is_yes ? UINT32_MAX : t->keep;
    }
    for (size_t t = 0; t < block->n_trees; t++)
        leaf[t] = block->leaves[block->first[t] + (uint32_t)__builtin_ctz(mask[t])];
}
