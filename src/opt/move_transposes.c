/* SPDX-License-Identifier: MIT
 * Transpose nodes move down, from the inputs of an operator to its outputs, until they meet others
 * and become one with them, or nothing. One walk in the order of execution: a node is looked at
 * after all that it reads has been moved. */
#include "opt/move_rules.h"
#include "opt/passes.h"

/* Two in a row become one; none if they undo each other. */
static lw_status merge(lwi_rewrite *r, size_t index, const lwi_perm *second, bool *merged) {
    lwi_perm first;
    const lwi_node *maker = lwi_producer(r, lwi_input(r, &r->graph->nodes[index], 0));
    if (!lwi_perm_of(r, maker, &first) || first.rank != second->rank) return LW_OK;
    const lwi_perm both = lwi_perm_compose(&first, second);
    lwi_node *node = &r->graph->nodes[index];
    const int source = lwi_input(r, maker, 0);
    *merged = true;
    if (lwi_perm_is_identity(&both) && lwi_rewrite_forward(r, node->outputs[0], source)) {
        lwi_rewrite_remove(r, node);
        return LW_OK;
    }
    LW_TRY(lwi_rewrite_set_input(r, node, 0, source));
    return lwi_rewrite_set_ints(r, node, "perm", both.at, (size_t)both.rank);
}

static lw_status find_perm(const lwi_rewrite *r, const lwi_node *node, lwi_perm *perm) {
    for (size_t i = 0; i < node->n_inputs; i++)
        if (lwi_perm_of(r, lwi_producer(r, lwi_input(r, node, i)), perm)) return LW_OK;
    return LW_NOT_FOUND;
}

/* An operator with a form for channels last takes that, if its input has them. A last Resize that
 * enlarges is cheaper before the transpose than after it. */
static bool turns(const lwi_rewrite *r, const lwi_node *node, const lwi_perm *perm) {
    const lwi_perm first = lwi_perm_channels_first(perm->rank);
    if (!lwi_can_turn(r, node) || !lwi_perm_equal(perm, &first)) return false;
    return !(lwi_node_is(node, "", "Resize") && lwi_is_pinned(r, node->outputs[0]));
}

static lw_status move(lwi_rewrite *r, size_t index, bool *moved) {
    const lwi_node *node = &r->graph->nodes[index];
    lwi_move m = {.r = r, .index = index};
    if (lwi_perm_of(r, node, &m.perm)) return merge(r, index, &m.perm, moved);
    if (find_perm(r, node, &m.perm) != LW_OK) return LW_OK;
    int source = -1;
    if (lwi_move_source(&m, 0, &source) && turns(r, node, &m.perm)) {
        *moved = true;
        LW_TRY(lwi_turn(r, index));
        return lwi_rewrite_set_input(r, &r->graph->nodes[index], 0, source);
    }
    lwi_move_rule *rule = lwi_move_rule_of(node);
    return rule ? rule(&m, moved) : LW_OK;
}

lw_status lwi_pass_move_transposes(lwi_rewrite *r) {
    const size_t n = r->graph->n_nodes;
    for (size_t i = 0; i < n; i++) {
        bool moved = false;
        if (!lwi_rewrite_node(r, i)) continue;
        LW_TRY(move(r, i, &moved));
        r->count += moved;
    }
    return LW_OK;
}
