/* SPDX-License-Identifier: MIT */
#include "run/plan.h"

#include "ops/known.h"

#include <string.h>

typedef struct planner {
    const lw_model *model;
    const lwi_graph *graph;
    lwi_plan *plan;
    const lwi_host *host; /* the run's */
    void *state;
    bool *needed; /* [nodes] */
    const lw_value **in;
    lw_value **out;
    bool *declared;
} planner;

/* ----------------------------------------------------------- needed nodes */

static void need_value(void *live, int value) { ((bool *)live)[value] = true; }

static lw_status find_needed(planner *p) {
    const lwi_graph *g = p->graph;
    bool *live = NULL;
    LW_TRY(lwi_arena_alloc(&p->plan->memory, g->n_slots, sizeof *live, &live));
    LW_TRY(lwi_arena_alloc(&p->plan->memory, g->n_nodes, sizeof *p->needed, &p->needed));
    for (size_t i = 0; i < g->n_outputs; i++)
        if (p->plan->wanted[i]) live[g->outputs[i]] = true;
    for (size_t i = g->n_nodes; i-- > 0;) {
        const lwi_node *node = &g->nodes[i];
        for (size_t k = 0; k < node->n_outputs; k++)
            if (node->outputs[k] >= 0 && live[node->outputs[k]]) p->needed[i] = true;
        if (p->needed[i]) lwi_node_each_read(node, need_value, live);
    }
    return LW_OK;
}

/* ------------------------------------------------------------------ nodes */

/* Collects inputs; false if one has no shape yet. */
static bool gather_inputs(planner *p, const lwi_node *node, size_t *n_in) {
    lwi_plan *plan = p->plan;
    *n_in = 0;
    for (size_t i = 0; i < node->n_inputs; i++) {
        const int id = node->inputs[i];
        p->in[i] = NULL;
        if (id < 0) continue;
        if (plan->places[id] == LWI_PLACE_NONE) return false;
        p->in[i] = &plan->values[id];
        *n_in = i + 1;
    }
    return true;
}

static void prepare_outputs(planner *p, const lwi_node *node) {
    for (size_t k = 0; k < node->n_outputs; k++) {
        const int id = node->outputs[k];
        p->declared[k] = false;
        p->out[k] = id < 0 ? NULL : &p->plan->values[id];
        if (id < 0) continue;
        memset(p->out[k], 0, sizeof *p->out[k]);
        atomic_init(&p->out[k]->refs, 1);
        p->out[k]->embedded = true;
        p->out[k]->allocator = p->host->allocator;
    }
}

static void place_outputs(planner *p, const lwi_node *node, lwi_place place) {
    for (size_t k = 0; k < node->n_outputs; k++)
        if (node->outputs[k] >= 0) p->plan->places[node->outputs[k]] = (uint8_t)place;
}

static void fix_outputs(planner *p, const lwi_node *node) {
    for (size_t k = 0; k < node->n_outputs; k++)
        if (p->out[k]) p->out[k]->fixed = LWI_FIXED_PLAN;
}

static bool know_node(planner *p, lwi_call *call) {
    if (!lwi_know(call, &p->plan->memory)) return false;
    fix_outputs(p, call->node);
    return true;
}

static lw_status choose_kernel(planner *p, size_t index, lwi_call *call) {
    const lwi_kernel *kernel = p->plan->kernels[index] = lwi_cpu_claim(call);
    LW_TRY(lwi_plan_prepare(p->plan, p->model, call, kernel));
    p->plan->prepared[index] = call->prepared;
    p->plan->packed[index] = call->packed;
    return LW_OK;
}

static lw_status plan_node(planner *p, size_t index) {
    const lwi_node *node = &p->graph->nodes[index];
    lwi_plan *plan = p->plan;
    lwi_call call = {.node = node,
                     .in = p->in,
                     .out = p->out,
                     .n_out = node->n_outputs,
                     .declared = p->declared,
                     .host = p->host,
                     .state = p->state};
    plan->steps[index] = LWI_STEP_SKIP;
    if (!p->needed[index]) return LW_OK;
    plan->steps[index] = LWI_STEP_LATE;
    if (!gather_inputs(p, node, &call.n_in)) return LW_OK;
    prepare_outputs(p, node);
    const lw_status status = lwi_call_infer(&call);
    if (status == LWI_LATER) {
        if (node->op->op->infer || !know_node(p, &call)) return LW_OK;
        plan->steps[index] = LWI_STEP_SKIP;
        place_outputs(p, node, LWI_PLACE_KNOWN);
        return LW_OK;
    }
    if (status != LW_OK) return status;
    if (know_node(p, &call)) {
        plan->steps[index] = LWI_STEP_SKIP;
        place_outputs(p, node, LWI_PLACE_KNOWN);
    } else if (node->op->op->flags & LWI_VIEW) {
        plan->steps[index] = LWI_STEP_VIEW;
        place_outputs(p, node, LWI_PLACE_VIEW);
        plan->roots[node->outputs[0]] = plan->roots[node->inputs[0]];
    } else {
        plan->steps[index] = LWI_STEP_READY;
        LW_TRY(choose_kernel(p, index, &call));
        place_outputs(p, node, LWI_PLACE_ARENA);
    }
    return LW_OK;
}

/* A view is checked here, because nothing is left to check in the run. */
static lw_status check_view(const planner *p, size_t index) {
    const lwi_node *node = &p->graph->nodes[index];
    const lw_value *in = &p->plan->values[node->inputs[0]];
    const lw_value *out = &p->plan->values[node->outputs[0]];
    if (in->bytes == out->bytes) return LW_OK;
    return lwi_node_fail(node, LW_SHAPE, "%zu elements cannot become %zu", in->count, out->count);
}

/* ------------------------------------------------------------------- plan */

static lw_status place_givens(planner *p, const lw_value *const *inputs) {
    const lwi_graph *g = p->graph;
    lwi_plan *plan = p->plan;
    const lw_value **kept = NULL;
    LW_TRY(lwi_arena_alloc(&plan->memory, g->n_inputs, sizeof *kept, &kept));
    for (size_t i = 0; i < g->n_slots; i++) {
        plan->roots[i] = (int)i;
        if (!g->slots[i].constant) continue;
        memcpy(&plan->values[i], g->slots[i].constant, sizeof plan->values[i]);
        plan->places[i] = LWI_PLACE_KNOWN;
    }
    for (size_t i = 0; i < g->n_inputs; i++) {
        if (!inputs[i]) continue;
        lw_value *v = NULL;
        LW_TRY(lwi_arena_alloc(&plan->memory, 1, sizeof *v, &v));
        memcpy(v, inputs[i], sizeof *v);
        v->data = NULL;
        v->storage = NULL;
        v->items = NULL;
        v->fixed = LWI_VARIES;
        kept[i] = v;
        if (v->kind != LW_KIND_TENSOR) continue; /* its users are late */
        memcpy(&plan->values[g->inputs[i]], v, sizeof *v);
        plan->places[g->inputs[i]] = LWI_PLACE_INPUT;
    }
    plan->inputs = kept;
    return LW_OK;
}

static lw_status allocate(planner *p, const bool *wanted) {
    const lwi_graph *g = p->graph;
    lwi_plan *plan = p->plan;
    lwi_arena *m = &plan->memory;
    size_t max_in = 1, max_out = 1;
    for (size_t i = 0; i < g->n_nodes; i++) {
        if (g->nodes[i].n_inputs > max_in) max_in = g->nodes[i].n_inputs;
        if (g->nodes[i].n_outputs > max_out) max_out = g->nodes[i].n_outputs;
    }
    LW_TRY(lwi_arena_alloc(m, max_in, sizeof *p->in, &p->in));
    LW_TRY(lwi_arena_alloc(m, max_out, sizeof *p->out, &p->out));
    LW_TRY(lwi_arena_alloc(m, max_out, sizeof *p->declared, &p->declared));
    LW_TRY(lwi_arena_copy(m, wanted, g->n_outputs * sizeof *wanted, &plan->wanted));
    LW_TRY(lwi_arena_alloc(m, g->n_nodes, sizeof *plan->steps, &plan->steps));
    LW_TRY(lwi_arena_alloc(m, g->n_nodes, sizeof *plan->kernels, &plan->kernels));
    LW_TRY(lwi_arena_alloc(m, g->n_nodes, sizeof *plan->prepared, &plan->prepared));
    LW_TRY(lwi_arena_alloc(m, g->n_nodes, sizeof *plan->packed, &plan->packed));
    LW_TRY(lwi_arena_alloc(m, g->n_slots, sizeof *plan->values, &plan->values));
    LW_TRY(lwi_arena_alloc(m, g->n_slots, sizeof *plan->places, &plan->places));
    LW_TRY(lwi_arena_alloc(m, g->n_slots, sizeof *plan->offsets, &plan->offsets));
    LW_TRY(lwi_arena_alloc(m, g->n_slots, sizeof *plan->roots, &plan->roots));
    return lwi_arena_alloc(m, g->n_slots, sizeof *plan->deaths, &plan->deaths);
}

/* Wanted outputs are computed right where the caller gets them. */
static void place_outputs_of_graph(planner *p) {
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

static lw_status fill(planner *p, const lw_value *const *inputs, const bool *wanted) {
    LW_TRY(allocate(p, wanted));
    LW_TRY(place_givens(p, inputs));
    LW_TRY(find_needed(p));
    for (size_t i = 0; i < p->graph->n_nodes; i++) {
        LW_TRY(plan_node(p, i));
        if (p->plan->steps[i] == LWI_STEP_VIEW) LW_TRY(check_view(p, i));
    }
    place_outputs_of_graph(p);
    return lwi_plan_layout(p->plan, p->graph);
}

lw_status lwi_plan_make(const lw_model *model, const lwi_host *host, void *state,
                        const lw_value *const *inputs, const bool *wanted, lwi_plan **plan) {
    lwi_arena memory;
    lwi_arena_init(&memory, &host->allocator);
    lwi_plan *new_plan = NULL;
    lw_status status = lwi_arena_alloc(&memory, 1, sizeof *new_plan, &new_plan);
    if (status == LW_OK) {
        new_plan->memory = memory;
        planner p = {.model = model,
                     .graph = model->network.graph,
                     .plan = new_plan,
                     .host = host,
                     .state = state};
        status = fill(&p, inputs, wanted);
        memory = new_plan->memory;
    }
    if (status == LW_OK) *plan = new_plan;
    else lwi_arena_free(&memory);
    return status;
}

void lwi_plan_free(lwi_plan *plan) {
    if (!plan) return;
    lwi_arena memory = plan->memory; /* which holds *plan */
    lwi_arena_free(&memory);
}

static bool same_type(const lw_value *a, const lw_value *b) {
    if (!a || !b) return a == b;
    return a->kind == b->kind && a->dtype == b->dtype && lwi_same_shape(a, b);
}

bool lwi_plan_fits(const lwi_plan *plan, const lw_model *model, const lw_value *const *inputs,
                   const bool *wanted) {
    const lwi_graph *g = model->network.graph;
    for (size_t i = 0; i < g->n_inputs; i++)
        if (!same_type(plan->inputs[i], inputs[i])) return false;
    for (size_t i = 0; i < g->n_outputs; i++)
        if (plan->wanted[i] != wanted[i]) return false;
    return true;
}
