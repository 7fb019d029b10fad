/* SPDX-License-Identifier: MIT
 * What is left to do for a plan when each node has been looked at. */
#include "run/plan_device.h"

/* Wanted outputs are computed right where the caller gets them. */
static void place_outputs_of_graph(lwi_planner *p) {
    const lwi_graph *g = p->graph;
    lwi_plan *plan = p->plan;
    for (size_t i = 0; i < g->n_outputs; i++) {
        const int id = g->outputs[i];
        if (!plan->wanted[i] || plan->places[id] != LWI_PLACE_ARENA) continue;
        if (plan->values[id].dtype == LW_STRING) continue; /* strings are copied at the end */
        plan->places[id] = LWI_PLACE_OUTPUT;
        plan->offsets[id] = i;
    }
}

lw_status lwi_plan_settle(lwi_planner *p, int slot) {
    lw_value *v = &p->plan->values[slot];
    const lw_value *settled = v;
    if (p->plan->places[slot] != LWI_PLACE_KNOWN) return LW_OK;
    LW_TRY(lwi_model_settled(p->context->model, v, &settled));
    v->data = settled->data;
    v->fixed = settled->fixed;
    return LW_OK;
}

static lw_status settle_values(lwi_planner *p) {
    const lwi_graph *g = p->graph;
    for (size_t i = 0; i < g->n_outputs; i++)
        if (p->plan->wanted[i]) p->raw[g->outputs[i]] = true;
    for (size_t s = 0; s < g->n_slots; s++)
        if (p->raw[s]) LW_TRY(lwi_plan_settle(p, (int)s));
    return LW_OK;
}

static void link_slots(lwi_planner *p) {
    lwi_plan *plan = p->plan;
    for (size_t s = 0; s < p->graph->n_slots; s++) {
        if (plan->places[s] != LWI_PLACE_NONE) plan->slots[s] = &plan->values[s];
        if (plan->places[s] != LWI_PLACE_VIEW) continue;
        const lwi_place root = (lwi_place)plan->places[plan->roots[s]];
        if (root == LWI_PLACE_KNOWN) plan->values[s].data = plan->values[plan->roots[s]].data;
        else if (root != LWI_PLACE_ARENA) plan->moving[plan->n_moving++] = (int)s;
    }
}

/* Values of late nodes go when the last node that needs them has run. */
static lw_status find_dead(lwi_planner *p) {
    const lwi_graph *g = p->graph;
    lwi_plan *plan = p->plan;
    bool *is_late = NULL;
    if (plan->n_late == 0) return LW_OK;
    LW_TRY(lwi_arena_alloc(&plan->memory, g->n_slots, sizeof *is_late, &is_late));
    for (size_t i = 0; i < plan->n_late; i++)
        is_late[plan->late[i]] = true;
    for (size_t i = 0; i < plan->n_steps; i++) {
        lwi_step *step = &plan->steps[i];
        const size_t node = (size_t)(step->call.node - g->nodes), first = g->dead_first[node];
        const size_t n = g->dead_first[node + 1] - first;
        LW_TRY(lwi_arena_alloc(&plan->memory, n, sizeof *step->dead, &step->dead));
        for (size_t d = 0; d < n; d++)
            if (is_late[g->dead[first + d]]) step->dead[step->n_dead++] = g->dead[first + d];
    }
    return LW_OK;
}

lw_status lwi_plan_finish(lwi_planner *p) {
    place_outputs_of_graph(p);
    lwi_plan_join(p);
    LW_TRY(lwi_plan_chain(p));
    LW_TRY(settle_values(p));
    link_slots(p);
    LW_TRY(find_dead(p));
    LW_TRY(lwi_plan_layout(p->plan));
    return lwi_plan_device_finish(p);
}
