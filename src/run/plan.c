/* SPDX-License-Identifier: MIT */
#include "run/context.h"

#include "ops/call.h"
#include "ops/call_convert.h"

#include <string.h>

typedef struct planner {
    lw_context *context;
    const lwi_graph *graph;
    lwi_plan *plan;
    lwi_host host;   /* the context's, but what it allocates lives as long as the plan */
    bool *needed;    /* [nodes] */
    bool *unaligned; /* [slots] read by kernels as they are: has to be aligned */
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

static lw_status open_call(planner *p, const lwi_node *node, lwi_call *call) {
    const lw_value **in = NULL;
    *call = (lwi_call){
        .node = node, .n_out = node->n_outputs, .host = &p->host, .state = p->plan, .in = NULL};
    lwi_arena *m = &p->plan->memory;
    LW_TRY(lwi_arena_alloc(m, node->n_inputs, sizeof *in, &in));
    LW_TRY(lwi_arena_alloc(m, node->n_outputs, sizeof *call->out, &call->out));
    LW_TRY(lwi_arena_alloc(m, node->n_outputs, sizeof *call->declared, &call->declared));
    call->in = in;
    return LW_OK;
}

/* Collects inputs; false if one has no shape yet. */
static bool gather_inputs(planner *p, lwi_call *call) {
    const lwi_node *node = call->node;
    const lw_value **in = (const lw_value **)call->in;
    for (size_t i = 0; i < node->n_inputs; i++) {
        const int id = node->inputs[i];
        if (id < 0) continue;
        if (p->plan->places[id] == LWI_PLACE_NONE) return false;
        in[i] = &p->plan->values[id];
        call->n_in = i + 1;
    }
    return true;
}

static void prepare_outputs(planner *p, const lwi_call *call) {
    for (size_t k = 0; k < call->n_out; k++) {
        const int id = call->node->outputs[k];
        if (id < 0) continue;
        lw_value *v = call->out[k] = &p->plan->values[id];
        memset(v, 0, sizeof *v);
        atomic_init(&v->refs, 1);
        v->embedded = true;
        v->allocator = p->host.allocator;
    }
}

static void place_outputs(planner *p, const lwi_node *node, lwi_place place) {
    for (size_t k = 0; k < node->n_outputs; k++)
        if (node->outputs[k] >= 0) p->plan->places[node->outputs[k]] = (uint8_t)place;
}

/* Inputs that the run will read as they are, not packed. */
static void need_alignment(planner *p, const lwi_call *call) {
    for (size_t i = 0; i < call->node->n_inputs; i++)
        if (call->node->inputs[i] >= 0 && !(i < 64 && call->packed >> i & 1))
            p->unaligned[call->node->inputs[i]] = true;
}

static lw_status add_ready(planner *p, lwi_call *call) {
    const lwi_kernel *kernel = lwi_cpu_claim(call);
    LW_TRY(lwi_plan_prepare(call, kernel));
    need_alignment(p, call);
    lwi_step *step = &p->plan->steps[p->plan->n_steps++];
    step->call = *call;
    step->call.host = &p->context->host;
    step->run = kernel ? kernel->run : call->node->op->op->run;
    step->converted = lwi_is_converted(call);
    place_outputs(p, call->node, LWI_PLACE_ARENA);
    return LW_OK;
}

/* The run looks at everything anew. */
static void add_late(planner *p, const lwi_call *call) {
    lwi_plan *plan = p->plan;
    const lwi_node *node = call->node;
    need_alignment(p, call);
    lwi_step *step = &plan->steps[plan->n_steps++];
    step->call = *call;
    step->call.host = &p->context->host;
    for (size_t k = 0; k < node->n_outputs; k++)
        if (node->outputs[k] >= 0) plan->late[plan->n_late++] = node->outputs[k];
}

static lw_status make_view(planner *p, const lwi_call *call) {
    const lw_value *in = call->in[0], *out = call->out[0];
    const int id = call->node->outputs[0], from = call->node->inputs[0];
    if (in->bytes != out->bytes)
        return lwi_call_fail(call, LW_SHAPE, "%zu elements cannot become %zu", in->count,
                             out->count);
    p->plan->places[id] = LWI_PLACE_VIEW;
    p->plan->roots[id] = p->plan->roots[from];
    return LW_OK;
}

static lw_status plan_node(planner *p, size_t index) {
    const lwi_node *node = &p->graph->nodes[index];
    uint8_t *work = &p->plan->work[index];
    lwi_call call;
    *work = LWI_WORK_NONE;
    if (!p->needed[index]) return LW_OK;
    LW_TRY(open_call(p, node, &call));
    lw_status status = LWI_LATER;
    if (gather_inputs(p, &call)) {
        prepare_outputs(p, &call);
        status = lwi_call_infer(&call);
        if ((status == LW_OK || (status == LWI_LATER && !node->op->op->infer)) &&
            lwi_plan_know(p->plan, &call)) {
            place_outputs(p, node, LWI_PLACE_KNOWN);
            return LW_OK;
        }
    }
    if (status == LWI_LATER) {
        *work = LWI_WORK_LATE;
        add_late(p, &call);
        return LW_OK;
    }
    LW_TRY(status);
    *work = node->op->op->flags & LWI_VIEW ? LWI_WORK_VIEW : LWI_WORK_READY;
    return *work == LWI_WORK_VIEW ? make_view(p, &call) : add_ready(p, &call);
}

/* ----------------------------------------------------------------- givens */

static lw_status place_given(planner *p, size_t i, const lw_value *given, const lw_value **kept) {
    lwi_plan *plan = p->plan;
    const int id = lwi_given_slot(p->graph, i);
    lw_value *v = NULL;
    if (!given) return LW_OK;
    LW_TRY(lwi_arena_alloc(&plan->memory, 1, sizeof *v, &v));
    memcpy(v, given, sizeof *v);
    *kept = v;
    memset(&plan->values[id], 0, sizeof plan->values[id]);
    plan->places[id] = LWI_PLACE_NONE;
    /* Captured from the plan around this one, which knows it. */
    const bool known = i >= p->graph->n_inputs && v->fixed != LWI_VARIES && v->data;
    const bool plain = v->kind == LW_KIND_TENSOR || v->kind == LW_KIND_MAP;
    if (!plain || (plan->any && !known)) return LW_OK; /* its users are late */
    memcpy(&plan->values[id], v, sizeof *v);
    plan->values[id].items = NULL;
    plan->values[id].n_items = 0;
    plan->values[id].storage = NULL;
    plan->places[id] = known ? LWI_PLACE_KNOWN : LWI_PLACE_INPUT;
    if (known) return LW_OK;
    plan->values[id].data = NULL;
    plan->values[id].fixed = LWI_VARIES;
    return LW_OK;
}

static lw_status place_givens(planner *p, const lw_value *const *givens) {
    const lwi_graph *g = p->graph;
    lwi_plan *plan = p->plan;
    const size_t n = g->n_inputs + g->n_captures;
    const lw_value **kept = NULL;
    LW_TRY(lwi_arena_alloc(&plan->memory, n, sizeof *kept, &kept));
    for (size_t i = 0; i < g->n_slots; i++) {
        plan->roots[i] = (int)i;
        if (!g->slots[i].constant) continue;
        memcpy(&plan->values[i], g->slots[i].constant, sizeof plan->values[i]);
        plan->places[i] = LWI_PLACE_KNOWN;
    }
    for (size_t i = 0; i < n; i++)
        LW_TRY(place_given(p, i, givens[i], &kept[i]));
    plan->givens = kept;
    return LW_OK;
}

/* ------------------------------------------------------------- after nodes */

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

static lw_status align_constants(planner *p) {
    for (size_t s = 0; s < p->graph->n_slots; s++) {
        lw_value *v = &p->plan->values[s];
        const lw_value *aligned = v;
        if (!p->unaligned[s] || p->plan->places[s] != LWI_PLACE_KNOWN) continue;
        LW_TRY(lwi_model_aligned(p->context->model, v, &aligned));
        v->data = aligned->data;
    }
    return LW_OK;
}

static void link_slots(planner *p) {
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
static lw_status find_dead(planner *p) {
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

/* ------------------------------------------------------------------- plan */

static lw_status allocate(planner *p, const bool *wanted) {
    const lwi_graph *g = p->graph;
    lwi_plan *plan = p->plan;
    lwi_arena *m = &plan->memory;
    size_t outputs = 0;
    for (size_t i = 0; i < g->n_nodes; i++)
        outputs += g->nodes[i].n_outputs;
    LW_TRY(lwi_arena_copy(m, wanted, g->n_outputs * sizeof *wanted, &plan->wanted));
    LW_TRY(lwi_arena_alloc(m, g->n_nodes, sizeof *plan->work, &plan->work));
    LW_TRY(lwi_arena_alloc(m, g->n_nodes, sizeof *plan->steps, &plan->steps));
    LW_TRY(lwi_arena_alloc(m, g->n_slots, sizeof *plan->values, &plan->values));
    LW_TRY(lwi_arena_alloc(m, g->n_slots, sizeof *plan->places, &plan->places));
    LW_TRY(lwi_arena_alloc(m, g->n_slots, sizeof *plan->offsets, &plan->offsets));
    LW_TRY(lwi_arena_alloc(m, g->n_slots, sizeof *plan->roots, &plan->roots));
    LW_TRY(lwi_arena_alloc(m, g->n_slots, sizeof *plan->deaths, &plan->deaths));
    LW_TRY(lwi_arena_alloc(m, g->n_slots, sizeof *plan->slots, &plan->slots));
    LW_TRY(lwi_arena_alloc(m, g->n_slots, sizeof *plan->moving, &plan->moving));
    LW_TRY(lwi_arena_alloc(m, g->n_slots, sizeof *p->unaligned, &p->unaligned));
    LW_TRY(lwi_arena_alloc(m, outputs, sizeof *plan->late, &plan->late));
    return lwi_arena_alloc(m, g->n_outputs, sizeof *plan->made, &plan->made);
}

static lw_status fill(planner *p, const lw_value *const *givens, const bool *wanted) {
    LW_TRY(allocate(p, wanted));
    LW_TRY(place_givens(p, givens));
    LW_TRY(find_needed(p));
    for (size_t i = 0; i < p->graph->n_nodes; i++)
        LW_TRY(plan_node(p, i));
    place_outputs_of_graph(p);
    LW_TRY(align_constants(p));
    link_slots(p);
    LW_TRY(find_dead(p));
    return lwi_plan_layout(p->plan);
}

lw_status lwi_plan_make(lw_context *c, const lwi_graph *graph, lwi_plan *outer,
                        const lw_value *const *givens, bool any, const bool *wanted,
                        lwi_plan **plan) {
    lwi_arena memory;
    lwi_plan *new_plan = NULL;
    lwi_arena_init(&memory, &c->allocator);
    const lw_status status = lwi_arena_alloc(&memory, 1, sizeof *new_plan, &new_plan);
    if (status != LW_OK) {
        lwi_arena_free(&memory);
        return status;
    }
    *new_plan = (lwi_plan){.memory = memory,
                           .context = c,
                           .graph = graph,
                           .outer = outer,
                           .depth = outer ? outer->depth + 1 : 0,
                           .any = any};
    planner p = {.context = c, .graph = graph, .plan = new_plan, .host = c->host};
    p.host.allocator = c->allocator;
    const lwi_scratch_mark mark = lwi_scratch_here(&c->stack);
    const lw_status filled = fill(&p, givens, wanted);
    lwi_scratch_release(&c->stack, mark);
    if (filled == LW_OK) *plan = new_plan;
    else lwi_plan_free(new_plan);
    return filled;
}

void lwi_plan_free(lwi_plan *plan) {
    if (!plan) return;
    for (size_t i = 0; i < plan->n_subgraphs; i++)
        for (size_t k = 0; k < plan->subgraphs[i].n_plans; k++)
            lwi_plan_free(plan->subgraphs[i].plans[k]);
    lwi_arena memory = plan->memory; /* which holds *plan */
    lwi_arena_free(&memory);
}

static bool same_type(const lw_value *a, const lw_value *b) {
    if (!a || !b) return a == b;
    return a->kind == b->kind && a->dtype == b->dtype && lwi_same_shape(a, b);
}

bool lwi_plan_fits(const lwi_plan *plan, const lw_value *const *givens, const bool *wanted) {
    const lwi_graph *g = plan->graph;
    for (size_t i = 0; i < g->n_inputs + g->n_captures; i++)
        if (plan->any ? !plan->givens[i] != !givens[i] : !same_type(plan->givens[i], givens[i]))
            return false;
    for (size_t i = 0; i < g->n_outputs; i++)
        if (plan->wanted[i] != wanted[i]) return false;
    return true;
}
