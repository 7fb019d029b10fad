/* SPDX-License-Identifier: MIT
 * Checking and walking forests of decision trees. */
#include "ops/tree_ensemble.h"

#include <math.h>
#include <string.h>

/* Takes nodes that no one points to away until none is left: what stays is on a cycle. */
static lw_status check_cycles(lwi_call *c, const lwi_forest *f) {
    size_t *parents = NULL, *queue = NULL, n = 0;
    LW_TRY(lwi_scratch(c, f->n_nodes, sizeof *parents, &parents));
    LW_TRY(lwi_scratch(c, f->n_nodes, sizeof *queue, &queue));
    memset(parents, 0, f->n_nodes * sizeof *parents);
    for (size_t i = 0; i < f->n_nodes; i++) {
        if (f->nodes[i].mode == LWI_TREE_LEAF) continue;
        parents[f->nodes[i].yes]++;
        parents[f->nodes[i].no]++;
    }
    for (size_t i = 0; i < f->n_nodes; i++)
        if (!parents[i]) queue[n++] = i;
    for (size_t at = 0; at < n; at++) {
        const lwi_tree_node *node = &f->nodes[queue[at]];
        if (node->mode == LWI_TREE_LEAF) continue;
        if (!--parents[node->yes]) queue[n++] = node->yes;
        if (!--parents[node->no]) queue[n++] = node->no;
    }
    if (n == f->n_nodes) return LW_OK;
    return lwi_call_fail(c, LW_INVALID, "the nodes of a tree form a cycle");
}

lw_status lwi_forest_check(lwi_call *c, const lwi_forest *f, size_t n_features) {
    for (size_t i = 0; i < f->n_nodes; i++) {
        const lwi_tree_node *node = &f->nodes[i];
        if (node->mode == LWI_TREE_LEAF) {
            for (size_t w = node->yes; w < node->no; w++)
                if (f->weights[w].target >= f->n_targets)
                    return lwi_call_fail(c, LW_RANGE, "a leaf has target %zu of %zu",
                                         f->weights[w].target, f->n_targets);
            continue;
        }
        if (node->yes >= f->n_nodes || node->no >= f->n_nodes)
            return lwi_call_fail(c, LW_RANGE, "node %zu points to a node that does not exist", i);
        if (node->feature >= n_features)
            return lwi_call_fail(c, LW_RANGE, "node %zu looks at feature %zu of %zu", i,
                                 node->feature, n_features);
    }
    for (size_t t = 0; t < f->n_roots; t++)
        if (f->roots[t] >= f->n_nodes)
            return lwi_call_fail(c, LW_RANGE, "tree %zu starts at a node that does not exist", t);
    return check_cycles(c, f);
}

static bool is_member(const lwi_forest *f, const lwi_tree_node *node, double x) {
    for (size_t i = 0; i < node->n_members; i++)
        if (f->members[node->members + i] == x) return true;
    return false;
}

static bool goes_yes(const lwi_forest *f, const lwi_tree_node *node, double x) {
    if (node->missing_is_yes && isnan(x)) return true;
    switch (node->mode) {
    case LWI_TREE_LEQ:
        return x <= node->split;
    case LWI_TREE_LT:
        return x < node->split;
    case LWI_TREE_GTE:
        return x >= node->split;
    case LWI_TREE_GT:
        return x > node->split;
    case LWI_TREE_EQ:
        return x == node->split;
    case LWI_TREE_NEQ:
        return x != node->split;
    default:
        return is_member(f, node, x);
    }
}

static void walk(const lwi_forest *f, const lw_value *x, size_t first, double *scores, bool *seen) {
    for (size_t t = 0; t < f->n_roots; t++) {
        const lwi_tree_node *node = &f->nodes[f->roots[t]];
        while (node->mode != LWI_TREE_LEAF) {
            const double value = lwi_get_double(x, first + node->feature);
            node = &f->nodes[goes_yes(f, node, value) ? node->yes : node->no];
        }
        for (size_t w = node->yes; w < node->no; w++)
            lwi_forest_add(f, &f->weights[w], scores, seen);
    }
}

void lwi_forest_run(const lwi_forest *f, const lw_value *x, size_t row, size_t features,
                    double *scores, bool *seen) {
    for (size_t i = 0; i < f->n_targets; i++)
        scores[i] = 0, seen[i] = false;
    if (f->quick.nodes) lwi_quick_run(f, (const float *)x->data + row * features, scores, seen);
    else walk(f, x, row * features, scores, seen);
    if (f->aggregate == LWI_TREE_AVERAGE)
        for (size_t i = 0; i < f->n_targets; i++)
            scores[i] /= (double)f->n_roots;
}
