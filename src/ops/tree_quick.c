/* SPDX-License-Identifier: MIT
 * Forests made ready for many runs. Where all splits are comparisons with float numbers, nodes
 * become 16 bytes and trees are walked eight at a time without a branch on the data: inner nodes
 * come first, then leaves, each of which leads to itself, so that all eight walks take as many
 * steps as the deepest tree of the group has. */
#include "ops/tree_ensemble.h"

#include <math.h>
#include <string.h>

enum { GROUP = 8, FEW = LWI_TREE_FEW };

/* ------------------------------------------------------------------- build */

static size_t groups_of(const lwi_forest *f) { return (f->n_roots + GROUP - 1) / GROUP; }

/* Writes a split as "x <= float", if it can be: x < s is x <= the float before s; the others swap
 * the two ways, and what becomes of NaN with them. False if it cannot. */
static bool turn_split(const lwi_tree_node *node, lwi_quick_node *quick, bool *swap) {
    const float split = (float)node->split;
    const bool below = node->mode == LWI_TREE_LT || node->mode == LWI_TREE_GTE;
    *swap = node->mode == LWI_TREE_GTE || node->mode == LWI_TREE_GT;
    if (node->mode > LWI_TREE_GT || !((double)split == node->split)) return false;
    if (below && split == -INFINITY) return false;
    quick->split = below ? nextafterf(split, -INFINITY) : split;
    quick->feature = (uint32_t)node->feature;
    if (node->missing_is_yes != *swap) quick->feature |= LWI_NAN_IS_YES;
    return true;
}

static bool is_quick(const lwi_forest *f) {
    lwi_quick_node ignored;
    bool swap;
    if (f->n_nodes >= LWI_NAN_IS_YES) return false;
    for (size_t i = 0; i < f->n_nodes; i++) {
        const lwi_tree_node *node = &f->nodes[i];
        if (node->mode == LWI_TREE_LEAF) continue;
        if (node->feature >= LWI_NAN_IS_YES || !turn_split(node, &ignored, &swap)) return false;
    }
    return true;
}

/* 1 and the steps from each node to its deepest leaf: a search in depth, whose stack is a path; the
 * forest is checked, so there are no cycles. */
static lw_status find_depths(lwi_call *c, const lwi_forest *f, uint32_t *depth) {
    size_t *path = NULL;
    LW_TRY(lwi_scratch(c, f->n_nodes + 1, sizeof *path, &path));
    for (size_t t = 0; t < f->n_roots; t++) {
        size_t n = 0;
        path[n++] = f->roots[t];
        while (n) {
            const size_t at = path[n - 1];
            const lwi_tree_node *node = &f->nodes[at];
            const bool leaf = node->mode == LWI_TREE_LEAF;
            if (!leaf && !depth[node->yes]) {
                path[n++] = node->yes;
            } else if (!leaf && !depth[node->no]) {
                path[n++] = node->no;
            } else {
                const uint32_t a = leaf ? 0 : depth[node->yes], b = leaf ? 0 : depth[node->no];
                depth[at] = 1 + (a > b ? a : b);
                n--;
            }
        }
    }
    return LW_OK;
}

static void fill_nodes(const lwi_forest *f, const uint32_t *place, lwi_quick_node *quick) {
    for (size_t i = 0; i < f->n_nodes; i++) {
        const lwi_tree_node *node = &f->nodes[i];
        lwi_quick_node *to = &quick[place[i]];
        if (node->mode == LWI_TREE_LEAF) {
            *to = (lwi_quick_node){.next = {place[i], place[i]}};
            continue;
        }
        bool swap = false;
        turn_split(node, to, &swap);
        to->next[swap] = place[node->yes];
        to->next[!swap] = place[node->no];
    }
}

/* Inner nodes come first, then leaves; both in their order. */
static size_t find_places(const lwi_forest *f, uint32_t *place) {
    size_t inner = 0, leaves = 0;
    for (size_t i = 0; i < f->n_nodes; i++)
        inner += f->nodes[i].mode != LWI_TREE_LEAF;
    for (size_t i = 0, at = 0; i < f->n_nodes; i++)
        place[i] = (uint32_t)(f->nodes[i].mode != LWI_TREE_LEAF ? at++ : inner + leaves++);
    return inner;
}

static lw_status allocate(lwi_call *c, const lwi_forest *f, lwi_quick_forest *q) {
    LW_TRY(lwi_kept(c, groups_of(f) * GROUP, sizeof *q->roots, &q->roots));
    LW_TRY(lwi_kept(c, groups_of(f), sizeof *q->steps, &q->steps));
    LW_TRY(lwi_kept(c, f->n_nodes - q->n_inner, sizeof *q->leaves, &q->leaves));
    if (f->n_targets <= FEW && (f->aggregate == LWI_TREE_SUM || f->aggregate == LWI_TREE_AVERAGE))
        LW_TRY(lwi_kept(c, f->n_nodes - q->n_inner, sizeof *q->sums, &q->sums));
    return lwi_kept(c, f->n_nodes, sizeof *q->nodes, &q->nodes);
}

static void fill_leaves(const lwi_forest *f, const uint32_t *place, lwi_quick_forest *q) {
    for (size_t i = 0; i < f->n_nodes; i++) {
        const lwi_tree_node *node = &f->nodes[i];
        if (node->mode != LWI_TREE_LEAF) {
            q->has_nan |= (q->nodes[place[i]].feature & LWI_NAN_IS_YES) != 0;
            continue;
        }
        const size_t leaf = place[i] - q->n_inner;
        q->leaves[leaf][0] = (uint32_t)node->yes;
        q->leaves[leaf][1] = (uint32_t)node->no;
        for (size_t w = node->yes; w < node->no && q->sums; w++) {
            q->sums[leaf].add[f->weights[w].target] += f->weights[w].weight;
            q->sums[leaf].seen |= 1u << f->weights[w].target;
        }
    }
}

lw_status lwi_forest_quicken(lwi_call *c, lwi_forest *f) {
    lwi_quick_forest *q = &f->quick;
    uint32_t *place = NULL, *depth = NULL;
    if (c->in[0]->dtype != LW_FLOAT32 || f->n_roots == 0 || !is_quick(f)) return LW_OK;
    LW_TRY(lwi_scratch(c, f->n_nodes, sizeof *place, &place));
    LW_TRY(lwi_scratch(c, f->n_nodes, sizeof *depth, &depth));
    memset(depth, 0, f->n_nodes * sizeof *depth);
    LW_TRY(find_depths(c, f, depth));
    q->n_inner = find_places(f, place);
    q->n_roots = f->n_roots;
    LW_TRY(allocate(c, f, q));
    fill_nodes(f, place, q->nodes);
    fill_leaves(f, place, q);
    for (size_t t = 0; t < groups_of(f) * GROUP; t++) {
        const size_t root = f->roots[t < f->n_roots ? t : f->n_roots - 1];
        q->roots[t] = place[root];
        if (depth[root] - 1 > q->steps[t / GROUP]) q->steps[t / GROUP] = depth[root] - 1;
    }
    return lwi_tree_masks_make(c, q);
}

/* -------------------------------------------------------------------- walk */

/* The leaves, counted from the first one, that a row comes to in eight trees. */
static inline __attribute__((always_inline)) void
walk_group(const lwi_quick_forest *q, const float *x, size_t group, bool has_nan, uint32_t *leaf) {
    const lwi_quick_node *nodes = q->nodes;
    uint32_t place[GROUP];
    memcpy(place, q->roots + group * GROUP, sizeof place);
    for (uint32_t step = 0; step < q->steps[group]; step++) {
#pragma GCC unroll 8
        for (int k = 0; k < GROUP; k++) {
            const lwi_quick_node *node = &nodes[place[k]];
            const float value = x[has_nan ? node->feature & ~LWI_NAN_IS_YES : node->feature];
            bool yes = value <= node->split;
            if (has_nan) yes |= (value != value) & (node->feature >> 31);
            place[k] = node->next[!yes];
        }
    }
    for (int k = 0; k < GROUP; k++)
        leaf[k] = place[k] - (uint32_t)q->n_inner;
}

/* Leaves of the trees from `tree` on, at most LWI_TREE_BLOCK: returns how many trees. */
static size_t find_leaves(const lwi_quick_forest *q, const float *x, size_t tree, uint32_t *leaf) {
    const size_t left = q->n_roots - tree, most = q->masks ? LWI_TREE_BLOCK : GROUP;
    if (q->masks) lwi_tree_masks_leaves(q, tree, x, leaf);
    else if (q->has_nan) walk_group(q, x, tree / GROUP, true, leaf);
    else walk_group(q, x, tree / GROUP, false, leaf);
    return left < most ? left : most;
}

/* Sums of a few targets stay in registers. */
static void run_few(const lwi_forest *f, const float *x, double *scores, bool *seen) {
    double sum[FEW] = {0};
    uint32_t any = 0, leaf[LWI_TREE_BLOCK];
    for (size_t t = 0, n; t < f->n_roots; t += n) {
        n = find_leaves(&f->quick, x, t, leaf);
        for (size_t k = 0; k < n; k++) {
            const lwi_quick_sums *sums = &f->quick.sums[leaf[k]];
            for (int i = 0; i < FEW; i++)
                sum[i] += sums->add[i];
            any |= sums->seen;
        }
    }
    for (size_t i = 0; i < f->n_targets; i++)
        scores[i] = sum[i], seen[i] = any >> i & 1;
}

void lwi_quick_run(const lwi_forest *f, const float *x, double *scores, bool *seen) {
    if (f->quick.sums) {
        run_few(f, x, scores, seen);
        return;
    }
    uint32_t leaf[LWI_TREE_BLOCK];
    for (size_t t = 0, n; t < f->n_roots; t += n) {
        n = find_leaves(&f->quick, x, t, leaf);
        for (size_t k = 0; k < n; k++)
            for (uint32_t w = f->quick.leaves[leaf[k]][0]; w < f->quick.leaves[leaf[k]][1]; w++)
                lwi_forest_add(f, &f->weights[w], scores, seen);
    }
}
