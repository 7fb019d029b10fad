/* SPDX-License-Identifier: MIT
 * Scan-8 went over axis 1 of its inputs for each sample of axis 0. That is a scan over the samples
 * whose body is the scan of today. */
#include "format/onnx/upgrade.h"
#include "ops/op.h"

/* Moves a graph into another that stands around it now: what it captured from the graph around it
 * before, the one in between captures too. */
static lw_status move_into(lwi_graph *body, lwi_graph *between) {
    for (size_t i = 0; i < body->n_captures; i++) {
        const char *name = between->parent->slots[body->captures[i].outer].name;
        LW_TRY(lwi_graph_find(between, name, &body->captures[i].outer));
        if (body->captures[i].outer < 0)
            return lwi_fail(LW_INTERNAL, "the value '%s' is lost", name);
    }
    body->parent = between;
    return LW_OK;
}

/* n new values, as inputs or outputs of the graph in between and of the node in it. */
static lw_status make_ends(lwi_graph *g, size_t n, int **of_graph, int **of_node) {
    LW_TRY(lwi_arena_alloc(g->arena, n, sizeof(int), of_graph));
    for (size_t i = 0; i < n; i++)
        LW_TRY(lwi_graph_temporary(g, "sample", &(*of_graph)[i]));
    return lwi_arena_copy(g->arena, *of_graph, n * sizeof(int), of_node);
}

/* The graph for one sample: the node without its first input (the lengths). */
static lw_status make_sample(lwi_upgrade *u, lwi_graph *body, lwi_graph **graph) {
    lwi_graph *g = NULL;
    lwi_node inner = *u->node;
    LW_TRY(lwi_onnx_new_graph(u->onnx, u->graph, "sample", &g));
    inner.n_inputs = g->n_inputs = u->node->n_inputs - 1;
    g->n_outputs = inner.n_outputs;
    LW_TRY(make_ends(g, g->n_inputs, &g->inputs, &inner.inputs));
    LW_TRY(make_ends(g, g->n_outputs, &g->outputs, &inner.outputs));
    LW_TRY(move_into(body, g));
    LW_TRY(lwi_onnx_emit(u->onnx, g, &inner, u->version));
    *graph = g;
    return LW_OK;
}

lw_status lwi_upgrade_scan(lwi_upgrade *u) {
    lwi_arena *arena = u->graph->arena;
    const lwi_attr *body = lwi_node_attr(u->node, "body");
    if (!body || body->kind != LWI_ATTR_GRAPH || u->node->n_inputs < 2)
        return lwi_fail(LW_CORRUPT, "has no body or no inputs");
    if (lwi_upgrade_in(u, 0) >= 0)
        return lwi_fail(LW_UNSUPPORTED, "sequence_lens of Scan-8 is not supported");
    const lwi_attr *directions = lwi_node_attr(u->node, "directions");
    if (directions) {
        lwi_attr renamed = *directions;
        renamed.name = "scan_input_directions";
        lwi_node_remove_attr(u->node, "directions");
        LW_TRY(lwi_node_set_attr(arena, u->node, &renamed));
        body = lwi_node_attr(u->node, "body");
    }
    lwi_attr sample = {.name = "body", .kind = LWI_ATTR_GRAPH};
    LW_TRY(make_sample(u, body->graph, &sample.graph));
    const int64_t n = (int64_t)u->node->n_inputs - 1;
    LW_TRY(lwi_upgrade_become(u, "Scan", u->node->inputs + 1, (size_t)n));
    u->node->attrs = NULL;
    u->node->cap_attrs = 0;
    LW_TRY(lwi_node_set_attr(arena, u->node, &sample));
    return lwi_node_set_int(arena, u->node, "num_scan_inputs", n);
}
