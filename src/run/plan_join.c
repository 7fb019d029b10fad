/* SPDX-License-Identifier: MIT
 * Concat without copies: where the parts of its output are whole runs of memory (there is nothing
 * but 1 before the axis), what makes an input writes it to its place there. */
#include "run/planner.h"

#include "ops/registry.h"

static bool is_one_run(const lwi_node *node, const lw_value *y) {
    const int64_t given = lwi_attr_int(node, "axis", 0);
    const int64_t axis = given < 0 ? given + y->rank : given;
    for (int64_t d = 0; d < axis; d++)
        if (y->dims[d] != 1) return false;
    return !lwi_dtype_is_packed(y->dtype);
}

static void join(lwi_plan *plan, const lwi_node *node) {
    const int whole = node->outputs[0];
    const lw_value *y = &plan->values[whole];
    size_t at = 0;
    if (!is_one_run(node, y)) return;
    for (size_t i = 0; i < node->n_inputs; i++) {
        const int id = node->inputs[i], part = plan->roots[id];
        const size_t bytes = plan->values[id].bytes;
        if (plan->places[part] == LWI_PLACE_ARENA && plan->within[id] == 0 && bytes > 0 &&
            plan->values[part].bytes == bytes) {
            plan->places[part] = LWI_PLACE_VIEW;
            plan->roots[part] = whole;
            plan->within[part] = at;
        }
        at += bytes;
    }
}

/* Roots may lie in others now. Later values, which are mostly the outer ones, come first. */
static void resolve(lwi_plan *plan) {
    for (size_t s = plan->graph->n_slots; s-- > 0;)
        for (int r = plan->roots[s]; plan->roots[r] != r; r = plan->roots[s]) {
            plan->within[s] += plan->within[r];
            plan->roots[s] = plan->roots[r];
        }
}

void lwi_plan_join(lwi_planner *p) {
    lwi_plan *plan = p->plan;
    const lwi_graph *g = p->graph;
    for (size_t i = 0; i < g->n_nodes; i++) {
        const lwi_node *node = &g->nodes[i];
        if (plan->work[i] != LWI_WORK_READY || !(node->op->op->flags & LWI_JOIN)) continue;
        const lwi_place place = (lwi_place)plan->places[node->outputs[0]];
        if (place == LWI_PLACE_ARENA || place == LWI_PLACE_OUTPUT) join(plan, node);
    }
    resolve(plan);
}
