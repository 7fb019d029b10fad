/* SPDX-License-Identifier: MIT */
#include "run/plan_device.h"

#include "ops/call.h"
#include "ops/call_convert.h"

#include <string.h>

/* ----------------------------------------------------------- needed nodes */

void lwi_plan_mark(void *marks, int value) { ((bool *)marks)[value] = true; }

/* What the wanted outputs do not need may be missing. */
static lw_status check_given(const lwi_planner *p, const bool *live,
                             const lw_value *const *givens) {
    const lwi_graph *g = p->graph;
    for (size_t i = 0; !p->plan->outer && i < g->n_inputs; i++) {
        const lwi_slot *slot = &g->slots[g->inputs[i]];
        if (live[g->inputs[i]] && !givens[i] && !slot->constant &&
            slot->type.kind != LW_KIND_OPTIONAL)
            return lwi_fail(LW_INVALID, "input '%s' is missing", slot->name);
    }
    return LW_OK;
}

static lw_status find_needed(lwi_planner *p, const lw_value *const *givens) {
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
        if (p->needed[i]) lwi_node_each_read(node, lwi_plan_mark, live);
    }
    return check_given(p, live, givens);
}

/* ------------------------------------------------------------------ nodes */

static lw_status open_call(lwi_planner *p, const lwi_node *node, lwi_call *call) {
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
static bool gather_inputs(lwi_planner *p, lwi_call *call) {
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

static void prepare_outputs(lwi_planner *p, const lwi_call *call) {
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

static void place_outputs(lwi_planner *p, const lwi_node *node, lwi_place place) {
    for (size_t k = 0; k < node->n_outputs; k++)
        if (node->outputs[k] >= 0) p->plan->places[node->outputs[k]] = (uint8_t)place;
}

/* Input i, a constant that stays, may lie in the file as it does. */
static bool is_read_anywhere(const lwi_call *call, size_t i) {
    return i == 0 && call->node->op->op->flags & LWI_ANYWHERE &&
           call->in[0]->fixed != LWI_FIXED_PASSING;
}

/* Inputs that the run will read as they are, not packed. */
static void mark_raw(lwi_planner *p, const lwi_call *call) {
    for (size_t i = 0; i < call->node->n_inputs; i++)
        if (call->node->inputs[i] >= 0 && !(i < 64 && call->packed >> i & 1) &&
            !is_read_anywhere(call, i))
            p->raw[call->node->inputs[i]] = true;
}

static lw_status add_host_step(lwi_call *call, lwi_step *step) {
    const lwi_kernel *kernel = lwi_cpu_claim(call);
    LW_TRY(lwi_plan_prepare(call, kernel));
    step->run = kernel ? kernel->run : call->node->op->op->run;
    step->converted = lwi_is_converted(call);
    return LW_OK;
}

static lw_status add_ready(lwi_planner *p, lwi_call *call) {
    if (p->shapes) {
        place_outputs(p, call->node, LWI_PLACE_ARENA);
        return LW_OK;
    }
    lwi_step *step = &p->plan->steps[p->plan->n_steps];
    bool taken = false;
    if (p->plan->device) LW_TRY(lwi_plan_on_device(p, call, step, &taken));
    if (!taken) LW_TRY(add_host_step(call, step));
    p->plan->n_steps++;
    mark_raw(p, call);
    step->call = *call;
    step->call.host = &p->context->host;
    place_outputs(p, call->node, LWI_PLACE_ARENA);
    return LW_OK;
}

/* The run looks at everything anew. */
static lw_status add_late(lwi_planner *p, const lwi_call *call) {
    lwi_plan *plan = p->plan;
    const lwi_node *node = call->node;
    lwi_node_each_read(node, lwi_plan_mark, p->raw);
    lwi_step *step = &plan->steps[plan->n_steps++];
    step->call = *call;
    step->call.host = &p->context->host;
    for (size_t k = 0; k < node->n_outputs; k++)
        if (node->outputs[k] >= 0) plan->late[plan->n_late++] = node->outputs[k];
    return lwi_plan_shows(p, step);
}

static lw_status make_view(lwi_planner *p, const lwi_call *call) {
    const lw_value *in = call->in[0], *out = call->out[0];
    const int id = call->node->outputs[0], from = call->node->inputs[0];
    if (in->bytes != out->bytes)
        return lwi_call_fail(call, LW_SHAPE, "%zu elements cannot become %zu", in->count,
                             out->count);
    p->plan->places[id] = LWI_PLACE_VIEW;
    p->plan->roots[id] = p->plan->roots[from];
    p->plan->within[id] = p->plan->within[from];
    return LW_OK;
}

/* All outputs lie in input 0, which is no constant: constants are computed for good. */
static bool are_windows(const lwi_call *call) {
    const lwi_op *op = call->node->op->op;
    const lw_value *in = call->n_in ? call->in[0] : NULL;
    if (!op->window || !in || in->fixed != LWI_VARIES || in->kind != LW_KIND_TENSOR ||
        lwi_dtype_is_packed(in->dtype))
        return false;
    for (size_t k = 0, first = 0; k < call->n_out; k++)
        if (call->out[k] && (call->out[k]->count == 0 || !op->window(call, k, &first)))
            return false;
    return true;
}

static void make_windows(lwi_planner *p, const lwi_call *call) {
    lwi_plan *plan = p->plan;
    const int from = call->node->inputs[0];
    for (size_t k = 0; k < call->n_out; k++) {
        const int id = call->node->outputs[k];
        size_t first = 0;
        if (!call->out[k] || !call->node->op->op->window(call, k, &first)) continue;
        plan->places[id] = LWI_PLACE_VIEW;
        plan->roots[id] = plan->roots[from];
        plan->within[id] = plan->within[from] + first * lwi_dtype_size(call->in[0]->dtype);
    }
}

static lw_status plan_node(lwi_planner *p, size_t index) {
    const lwi_node *node = &p->graph->nodes[index];
    uint8_t *work = &p->plan->work[index];
    lwi_call call;
    *work = LWI_WORK_NONE;
    if (!p->needed[index]) return LW_OK;
    *work = LWI_WORK_LATE;
    LW_TRY(open_call(p, node, &call));
    lw_status status = LWI_LATER;
    const bool gathered = gather_inputs(p, &call);
    if (gathered) prepare_outputs(p, &call);
    if (p->context->plugin) {
        LW_TRY(lwi_plan_part(p, &call, gathered, work));
        if (*work != LWI_WORK_LATE) return LW_OK;
    }
    if (gathered) {
        status = lwi_call_infer(&call);
        if ((status == LW_OK || (status == LWI_LATER && !node->op->op->infer)) &&
            lwi_plan_know(p, &call)) {
            place_outputs(p, node, LWI_PLACE_KNOWN);
            *work = LWI_WORK_NONE;
            return LW_OK;
        }
    }
    if (status == LWI_LATER && node->op->op->branch) {
        LW_TRY(lwi_plan_branch(p, &call, work));
        if (*work != LWI_WORK_LATE) return LW_OK;
    }
    if (status == LWI_LATER && p->shapes)
        return lwi_node_fail(node, LW_UNSUPPORTED, "its shape depends on data");
    if (status == LWI_LATER) return add_late(p, &call);
    LW_TRY(status);
    if (are_windows(&call)) {
        *work = LWI_WORK_VIEW;
        make_windows(p, &call);
        return LW_OK;
    }
    *work = node->op->op->flags & LWI_VIEW ? LWI_WORK_VIEW : LWI_WORK_READY;
    return *work == LWI_WORK_VIEW ? make_view(p, &call) : add_ready(p, &call);
}

/* ----------------------------------------------------------------- givens */

static lw_status place_given(lwi_planner *p, size_t i, const lw_value *given,
                             const lw_value **kept) {
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
    const bool known = (i >= p->graph->n_inputs || p->shapes) && v->fixed != LWI_VARIES && v->data;
    const bool plain = v->kind == LW_KIND_TENSOR || v->kind == LW_KIND_MAP;
    if (!plain || (plan->any && !known)) return LW_OK; /* its users are late */
    memcpy(&plan->values[id], v, sizeof *v);
    plan->values[id].items = NULL;
    plan->values[id].n_items = 0;
    plan->values[id].storage = NULL;
    plan->values[id].remote = NULL;
    plan->places[id] = known ? LWI_PLACE_KNOWN : LWI_PLACE_INPUT;
    if (known) return LW_OK;
    plan->values[id].data = NULL;
    plan->values[id].fixed = LWI_VARIES;
    return LW_OK;
}

static lw_status place_givens(lwi_planner *p, const lw_value *const *givens) {
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

/* ------------------------------------------------------------------- plan */

static lw_status allocate(lwi_planner *p, const bool *wanted) {
    const lwi_graph *g = p->graph;
    lwi_plan *plan = p->plan;
    lwi_arena *m = &plan->memory;
    size_t outputs = 0;
    for (size_t i = 0; i < g->n_nodes; i++)
        outputs += g->nodes[i].n_outputs;
    LW_TRY(lwi_arena_copy(m, wanted, g->n_outputs * sizeof *wanted, &plan->wanted));
    LW_TRY(lwi_arena_alloc(m, g->n_nodes, sizeof *plan->work, &plan->work));
    LW_TRY(lwi_arena_alloc(m, g->n_nodes, sizeof *plan->with, &plan->with));
    LW_TRY(lwi_arena_alloc(m, g->n_nodes, sizeof *plan->steps, &plan->steps));
    LW_TRY(lwi_arena_alloc(m, g->n_slots, sizeof *plan->values, &plan->values));
    LW_TRY(lwi_arena_alloc(m, g->n_slots, sizeof *plan->places, &plan->places));
    LW_TRY(lwi_arena_alloc(m, g->n_slots, sizeof *plan->offsets, &plan->offsets));
    LW_TRY(lwi_arena_alloc(m, g->n_slots, sizeof *plan->roots, &plan->roots));
    LW_TRY(lwi_arena_alloc(m, g->n_slots, sizeof *plan->within, &plan->within));
    LW_TRY(lwi_arena_alloc(m, g->n_slots, sizeof *plan->deaths, &plan->deaths));
    LW_TRY(lwi_arena_alloc(m, g->n_slots, sizeof *plan->slots, &plan->slots));
    LW_TRY(lwi_arena_alloc(m, g->n_slots, sizeof *plan->moving, &plan->moving));
    LW_TRY(lwi_arena_alloc(m, g->n_slots, sizeof *p->raw, &p->raw));
    LW_TRY(lwi_arena_alloc(m, outputs, sizeof *plan->late, &plan->late));
    return lwi_arena_alloc(m, g->n_outputs, sizeof *plan->made, &plan->made);
}

static lw_status fill(lwi_planner *p, const lw_value *const *givens, const bool *wanted) {
    LW_TRY(allocate(p, wanted));
    LW_TRY(lwi_plan_device_open(p));
    LW_TRY(place_givens(p, givens));
    LW_TRY(find_needed(p, givens));
    for (size_t i = 0; i < p->graph->n_nodes; i++)
        LW_TRY(plan_node(p, i));
    return p->shapes ? LW_OK : lwi_plan_finish(p);
}

/* What a plan is made for. */
typedef struct purpose {
    bool any, shapes, waits;
} purpose;

static lw_status make_plan(lw_context *c, const lwi_graph *graph, lwi_plan *outer,
                           const lw_value *const *givens, purpose is, const bool *wanted,
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
                           .any = is.any,
                           .waits = is.waits};
    lwi_planner p = {
        .context = c, .graph = graph, .plan = new_plan, .host = c->host, .shapes = is.shapes};
    p.host.allocator = c->allocator;
    const lwi_scratch_mark mark = lwi_scratch_here(&c->stack);
    lwi_passing_init(&p.passing, graph, &c->allocator);
    const lw_status filled = fill(&p, givens, wanted);
    lwi_passing_free(&p.passing);
    lwi_scratch_release(&c->stack, mark);
    if (filled == LW_OK) *plan = new_plan;
    else lwi_plan_free(new_plan);
    return filled;
}

lw_status lwi_plan_make(lw_context *c, const lwi_graph *graph, lwi_plan *outer,
                        const lw_value *const *givens, bool any, const bool *wanted,
                        lwi_plan **plan) {
    return make_plan(c, graph, outer, givens, (purpose){.any = any}, wanted, plan);
}

lw_status lwi_plan_make_first(lw_context *c, const lw_value *const *givens, const bool *wanted,
                              lwi_plan **plan) {
    const lwi_graph *graph = c->model->network.graph;
    return make_plan(c, graph, NULL, givens, (purpose){.waits = true}, wanted, plan);
}

lw_status lwi_plan_shapes(lw_context *c, const lwi_graph *graph, lwi_plan *outer,
                          const lw_value *const *givens, const bool *wanted, lwi_plan **plan) {
    return make_plan(c, graph, outer, givens, (purpose){.shapes = true}, wanted, plan);
}

void lwi_plan_free(lwi_plan *plan) {
    if (!plan) return;
    lwi_plan_device_free(plan);
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
