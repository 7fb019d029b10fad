/* SPDX-License-Identifier: MIT
 * Runs the subgraphs of If, Loop, Scan ... Each has plans of its own for the shapes that it is
 * given. */
#include "run/device_values.h"

/* A body whose shapes are new each time is not worth planning. */
enum { MOST_MISSES = 32 };

static lw_status add_entry(lwi_plan *outer, const lwi_graph *g, size_t n_outputs,
                           lwi_subplans **found) {
    LW_TRY(lwi_arena_grow(&outer->memory, &outer->subgraphs, &outer->cap_subgraphs,
                          outer->n_subgraphs + 1, sizeof *outer->subgraphs));
    lwi_subplans *s = &outer->subgraphs[outer->n_subgraphs];
    *s = (lwi_subplans){.graph = g, .n_outputs = n_outputs};
    LW_TRY(lwi_arena_alloc(&outer->memory, g->n_outputs, sizeof *s->wanted, &s->wanted));
    for (size_t i = 0; i < n_outputs; i++)
        s->wanted[i] = true;
    outer->n_subgraphs++;
    *found = s;
    return LW_OK;
}

static lw_status find_entry(lwi_plan *outer, const lwi_graph *g, size_t n_outputs,
                            lwi_subplans **found) {
    for (size_t i = 0; i < outer->n_subgraphs; i++)
        if (outer->subgraphs[i].graph == g && outer->subgraphs[i].n_outputs == n_outputs) {
            *found = &outer->subgraphs[i];
            return LW_OK;
        }
    return add_entry(outer, g, n_outputs, found);
}

static void bring_to_front(lwi_subplans *s, size_t i) {
    lwi_plan *plan = s->plans[i];
    for (; i > 0; i--)
        s->plans[i] = s->plans[i - 1];
    s->plans[0] = plan;
}

static lw_status make(lwi_plan *outer, lwi_subplans *s, const lw_value *const *givens) {
    lw_context *c = outer->context;
    lwi_plan *plan = NULL;
    const bool any = ++s->misses > MOST_MISSES;
    LW_TRY(lwi_plan_make(c, s->graph, outer, givens, any, s->wanted, &plan));
    c->allocations++;
    if (s->n_plans == LWI_SUBPLANS) lwi_plan_free(s->plans[--s->n_plans]);
    s->plans[s->n_plans++] = plan;
    bring_to_front(s, s->n_plans - 1);
    return LW_OK;
}

lw_status lwi_subgraph_plan(lwi_plan *outer, const lwi_graph *g, const lw_value *const *givens,
                            size_t n_outputs, lwi_plan **plan) {
    lwi_subplans *s = NULL;
    LW_TRY(find_entry(outer, g, n_outputs, &s));
    size_t i = 0;
    while (i < s->n_plans && !lwi_plan_fits(s->plans[i], givens, s->wanted))
        i++;
    if (i == s->n_plans) LW_TRY(make(outer, s, givens));
    else if (i > 0) bring_to_front(s, i);
    *plan = s->plans[0];
    return LW_OK;
}

static lw_status check(const lwi_graph *g, size_t n_inputs, size_t n_outputs) {
    if (n_inputs > g->n_inputs)
        return lwi_fail(LW_INVALID, "subgraph '%s' has %zu inputs, but %zu are given", g->name,
                        g->n_inputs, n_inputs);
    if (n_outputs > g->n_outputs)
        return lwi_fail(LW_INVALID, "subgraph '%s' has %zu outputs, but %zu are wanted", g->name,
                        g->n_outputs, n_outputs);
    return LW_OK;
}

/* What the body sees, in scratch memory. */
typedef struct given {
    const lw_value **values; /* [inputs, then captures] */
    lw_value *rooms;         /* likewise, where there is a device */
} given;

static lw_status open_given(lwi_plan *outer, const lwi_graph *g, given *to) {
    const size_t n = g->n_inputs + g->n_captures;
    void *block = NULL;
    LW_TRY(lwi_scratch_get(&outer->context->stack, n * sizeof *to->values, &block));
    to->values = block;
    for (size_t i = 0; i < n; i++)
        to->values[i] = NULL;
    if (!outer->device) return LW_OK;
    LW_TRY(lwi_scratch_get(&outer->context->stack, n * sizeof *to->rooms, &block));
    to->rooms = block;
    return LW_OK;
}

/* A value that lives inside another struct may be brought to the device for this time. */
static const lw_value *show_input(const lw_value *value, lw_value *room) {
    if (!value || !room || !value->embedded || !lwi_device_may_have(value)) return value;
    lwi_device_show_copy(value, room);
    return room;
}

static lw_status gather(lwi_plan *outer, const lwi_graph *g, const lw_value *const *inputs,
                        size_t n_inputs, given *to) {
    for (size_t i = 0; i < n_inputs; i++)
        to->values[i] = show_input(inputs[i], to->rooms ? &to->rooms[i] : NULL);
    for (size_t i = 0; i < g->n_captures; i++) {
        const size_t at = g->n_inputs + i;
        const int slot = g->captures[i].outer;
        to->values[at] = outer->slots[slot];
        if (to->rooms) LW_TRY(lwi_device_show(outer, slot, &to->rooms[at], &to->values[at]));
    }
    return LW_OK;
}

static void close_given(const lwi_graph *g, given *of) {
    for (size_t i = 0; of->rooms && i < g->n_inputs + g->n_captures; i++)
        lwi_device_hide(&of->rooms[i], of->values[i]);
}

lw_status lwi_execute_subgraph(void *state, const lwi_graph *graph, const lw_value *const *inputs,
                               size_t n_inputs, lw_value **outputs, size_t n_outputs) {
    lwi_plan *outer = state, *plan = NULL;
    given all = {NULL, NULL};
    LW_TRY(check(graph, n_inputs, n_outputs));
    /* A subgraph sees the values of the graph that it stands in. */
    while (outer && outer->graph != graph->parent)
        outer = outer->outer;
    if (!outer) return lwi_fail(LW_INTERNAL, "subgraph '%s' has no graph around it", graph->name);
    lwi_scratch_stack *stack = &outer->context->stack;
    const lwi_scratch_mark mark = lwi_scratch_here(stack);
    for (size_t i = 0; i < n_outputs; i++)
        outputs[i] = NULL;
    LW_TRY(open_given(outer, graph, &all));
    lw_status status = gather(outer, graph, inputs, n_inputs, &all);
    if (status == LW_OK) status = lwi_subgraph_plan(outer, graph, all.values, n_outputs, &plan);
    if (status == LW_OK) status = lwi_execute(plan, all.values, outputs);
    close_given(graph, &all);
    lwi_scratch_release(stack, mark);
    return status;
}
