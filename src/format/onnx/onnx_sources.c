/* SPDX-License-Identifier: MIT
 * A value has one source: an input, a constant, a graph around this one, or a node; and whatever
 * is read has one. (That two nodes do not make one value is seen by the sorting.) */
#include "format/onnx/reader.h"

static lw_status mark_sources(const lwi_graph *g, bool *given) {
    for (size_t i = 0; i < g->n_slots; i++)
        given[i] = g->slots[i].constant;
    for (size_t i = 0; i < g->n_inputs; i++)
        given[g->inputs[i]] = true;
    for (size_t i = 0; i < g->n_captures; i++)
        given[g->captures[i].inner] = true;
    for (size_t i = 0; i < g->n_nodes; i++)
        for (size_t k = 0; k < g->nodes[i].n_outputs; k++) {
            const int id = g->nodes[i].outputs[k];
            if (id >= 0 && given[id])
                return lwi_fail(LW_CORRUPT,
                                "graph '%s': %s '%s' makes the value '%s', which is given already",
                                g->name, g->nodes[i].op_type, g->nodes[i].name, g->slots[id].name);
        }
    for (size_t i = 0; i < g->n_nodes; i++)
        for (size_t k = 0; k < g->nodes[i].n_outputs; k++)
            if (g->nodes[i].outputs[k] >= 0) given[g->nodes[i].outputs[k]] = true;
    return LW_OK;
}

static lw_status check(const lwi_graph *g, const bool *given, int id, const char *reader) {
    if (id < 0 || given[id]) return LW_OK;
    return lwi_fail(LW_CORRUPT, "graph '%s': nothing makes the value '%s', which %s reads", g->name,
                    g->slots[id].name, reader);
}

static lw_status check_node(const lwi_graph *g, const bool *given, const lwi_node *node) {
    for (size_t i = 0; i < node->n_inputs; i++)
        LW_TRY(check(g, given, node->inputs[i], node->op_type));
    for (size_t a = 0; a < node->n_attrs; a++) {
        if (node->attrs[a].kind != LWI_ATTR_GRAPH) continue;
        const lwi_graph *sub = node->attrs[a].graph;
        for (size_t c = 0; c < sub->n_captures; c++)
            LW_TRY(check(g, given, sub->captures[c].outer, node->op_type));
    }
    return LW_OK;
}

lw_status lwi_onnx_check_sources(const lwi_graph *g) {
    const lw_allocator *allocator = &g->arena->allocator;
    bool *given = NULL;
    LW_TRY(lwi_alloc_array(allocator, g->n_slots, sizeof *given, &given));
    lw_status status = mark_sources(g, given);
    for (size_t i = 0; i < g->n_nodes && status == LW_OK; i++)
        status = check_node(g, given, &g->nodes[i]);
    for (size_t i = 0; i < g->n_outputs && status == LW_OK; i++)
        status = check(g, given, g->outputs[i], "the graph's output");
    lwi_free(allocator, given);
    return status;
}
