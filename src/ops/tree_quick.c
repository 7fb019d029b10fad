/* SPDX-License-Identifier: MIT
 * Forests made ready for many runs. Where all splits are comparisons with float numbers, nodes
 * become 16 bytes and trees are walked eight at a time without a branch on the data: inner nodes
 * come first, then leaves, each of which leads to itself, so that all eight walks take as many
 * steps as the deepest tree of the group has. */
#include "ops/tree_ensemble.h"

#include <math.h>
#include <string.h>

enum { GROUP = 8 };
static const uint32_t NAN_IS_YES = 1u << 31;

/* x <= split goes to next[0], all else to next[1]; with NAN_IS_YES in feature, NaN to next[0]. */
struct lwi_quick_node {
    float split;
    uint32_t feature, next[2];
};

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
    if (node->missing_is_yes != *swap) quick->feature |= NAN_IS_YES;
    return true;
}

static bool is_quick(const lwi_forest *f) {
    lwi_quick_node ignored;
    bool swap;
    if (f->n_nodes >= NAN_IS_YES) return false;
    for (size_t i = 0; i < f->n_nodes; i++) {
        const lwi_tree_node *node = &f->nodes[i];
        if (node->mode == LWI_TREE_LEAF) continue;
        if (node->feature >= NAN_IS_YES || !turn_split(node, &ignored, &swap)) return false;
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
    LW_TRY(lwi_kept(c, f->n_nodes, sizeof *q->leaves, &q->leaves));
    return lwi_kept(c, f->n_nodes, sizeof *q->nodes, &q->nodes);
}

lw_status lwi_forest_quicken(lwi_call *c, lwi_forest *f) {
    lwi_quick_forest *q = &f->quick;
    uint32_t *place = NULL, *depth = NULL;
    if (c->in[0]->dtype != LW_FLOAT32 || f->n_roots == 0 || !is_quick(f)) return LW_OK;
    LW_TRY(lwi_scratch(c, f->n_nodes, sizeof *place, &place));
    LW_TRY(lwi_scratch(c, f->n_nodes, sizeof *depth, &depth));
    memset(depth, 0, f->n_nodes * sizeof *depth);
    LW_TRY(find_depths(c, f, depth));
    LW_TRY(allocate(c, f, q));
    q->n_inner = find_places(f, place);
    fill_nodes(f, place, q->nodes);
    for (size_t i = 0; i < f->n_nodes; i++) {
        if (f->nodes[i].mode != LWI_TREE_LEAF) continue;
        q->leaves[place[i] - q->n_inner][0] = (uint32_t)f->nodes[i].yes;
        q->leaves[place[i] - q->n_inner][1] = (uint32_t)f->nodes[i].no;
    }
    for (size_t t = 0; t < groups_of(f) * GROUP; t++) {
        const size_t root = f->roots[t < f->n_roots ? t : f->n_roots - 1];
        q->roots[t] = place[root];
        if (depth[root] - 1 > q->steps[t / GROUP]) q->steps[t / GROUP] = depth[root] - 1;
    }
    return LW_OK;
}

/* -------------------------------------------------------------------- walk */

static void walk_group(const lwi_quick_forest *q, const float *x, size_t group, uint32_t *at) {
    const lwi_quick_node *nodes = q->nodes;
    uint32_t place[GROUP];
    memcpy(place, q->roots + group * GROUP, sizeof place);
    for (uint32_t step = 0; step < q->steps[group]; step++) {
#pragma GCC unroll 8
        for (int k = 0; k < GROUP; k++) {
            const lwi_quick_node *node = &nodes[place[k]];
            const float value = x[node->feature & ~NAN_IS_YES];
            const bool missing = (value != value) & (node->feature >> 31);
            place[k] = node->next[!((value <= node->split) | missing)];
        }
    }
    memcpy(at, place, sizeof place);
}

void lwi_quick_run(const lwi_forest *f, const float *x, double *scores, bool *seen) {
    const lwi_quick_forest *q = &f->quick;
    for (size_t t = 0; t < f->n_roots; t += GROUP) {
        const size_t n = f->n_roots - t < GROUP ? f->n_roots - t : GROUP;
        uint32_t at[GROUP];
        walk_group(q, x, t / GROUP, at);
        for (size_t k = 0; k < n; k++) {
            const uint32_t *leaf = q->leaves[at[k] - q->n_inner];
            for (uint32_t w = leaf[0]; w < leaf[1]; w++)
                lwi_forest_add(f, &f->weights[w], scores, seen);
        }
    }
}
