/* SPDX-License-Identifier: MIT
 * Executes a plan, step by step. */
#include "run/device_values.h"
#include "run/late.h"

#include "base/cpu.h"
#include "ops/call.h"
#include "ops/call_convert.h"

/* -------------------------------------------------------------- late nodes */

static lw_status gather_inputs(const lwi_plan *p, lwi_call *call) {
    const lwi_node *node = call->node;
    const lw_value **in = (const lw_value **)call->in;
    call->n_in = 0;
    for (size_t i = 0; i < node->n_inputs; i++) {
        const int id = node->inputs[i];
        in[i] = id < 0 ? NULL : p->slots[id];
        if (in[i]) call->n_in = i + 1;
        else if (id >= 0)
            return lwi_node_fail(node, LW_INVALID, "its input '%s' has no value",
                                 p->graph->slots[id].name);
    }
    return LW_OK;
}

static void release_slot(lwi_plan *p, int id) {
    lwi_value_release((lw_value *)p->slots[id]);
    p->slots[id] = NULL;
}

lw_status lwi_late_open_outputs(lwi_plan *p, lwi_call *call) {
    for (size_t k = 0; k < call->n_out; k++) {
        const int id = call->node->outputs[k];
        call->out[k] = NULL;
        call->declared[k] = false;
        if (id < 0) continue;
        release_slot(p, id);
        LW_TRY(
            lwi_value_make(&p->context->in_pool, LW_KIND_TENSOR, LW_DTYPE_NONE, 0, &call->out[k]));
        p->slots[id] = call->out[k];
    }
    return LW_OK;
}

lw_status lwi_late_run(lwi_call *call) {
    const lwi_kernel *kernel = lwi_cpu_claim(call);
    LW_TRY(lwi_call_prepare(call, kernel));
    const lw_status status = lwi_call_run(call, kernel);
    if (status == LWI_LATER)
        return lwi_node_fail(call->node, LW_INTERNAL, "its shape stayed unknown");
    return status;
}

static lw_status run_late(lwi_plan *p, lwi_call *call) {
    call->prepared = NULL;
    call->packed = 0;
    LW_TRY(gather_inputs(p, call));
    LW_TRY(lwi_late_open_outputs(p, call));
    const lw_status status = lwi_call_infer(call);
    return status == LW_OK || status == LWI_LATER ? lwi_late_run(call) : status;
}

/* ------------------------------------------------------------------- steps */

static inline lw_status run_step(lwi_plan *p, lwi_step *step) {
    if (step->device && step->device->shows)
        lwi_device_see(p, step->device->first_seen, step->device->n_seen);
    if (step->device && step->device->launches) return lwi_device_run(p, (size_t)(step - p->steps));
    if (!step->run && p->device) return lwi_device_run_late(p, step);
    if (!step->run) return run_late(p, &step->call);
    return step->converted ? lwi_run_converted(&step->call, step->run) : step->run(&step->call);
}

static lw_status run_steps(lwi_plan *p) {
    lw_context *c = p->context;
    const lwi_scratch_mark mark = lwi_scratch_here(&c->stack);
    for (lwi_step *s = p->steps, *end = s + p->n_steps; s < end; s++) {
        if (atomic_load_explicit(&c->cancel, memory_order_relaxed))
            return lwi_fail(LW_CANCELLED, "the run was cancelled");
        const bool timed = c->profile && !p->outer;
        if (p->device) LW_TRY(lwi_device_move_values(p, (size_t)(s - p->steps)));
        const uint64_t start = timed ? lwi_clock() : 0;
        LW_TRY(run_step(p, s));
        if (timed && p->device) LW_TRY(c->device->api->finish(c->device));
        if (timed)
            c->profile(c->profile_user, (size_t)(s->call.node - p->graph->nodes), start,
                       lwi_clock());
        lwi_scratch_release(&c->stack, mark);
        for (size_t d = 0; d < s->n_dead; d++)
            release_slot(p, s->dead[d]);
    }
    return p->device ? lwi_device_move_values(p, p->n_steps) : LW_OK;
}

/* ----------------------------------------------------------------- binding */

/* Points values to where they lie in the arena, which is elsewhere now. */
static void bind_arena(lwi_plan *p, char *base) {
    for (size_t s = 0; s < p->graph->n_slots; s++) {
        const int root = p->roots[s];
        if (p->places[root] == LWI_PLACE_ARENA)
            p->values[s].data = base + p->offsets[root] + p->within[s];
    }
    p->base = base;
}

static void bind_givens(lwi_plan *p, const lw_value *const *givens) {
    const lwi_graph *g = p->graph;
    for (size_t i = 0; i < g->n_inputs + g->n_captures; i++) {
        const int id = lwi_given_slot(g, i);
        if (!givens[i] || p->places[id] == LWI_PLACE_KNOWN) continue;
        p->slots[id] = givens[i];
        p->values[id].data = givens[i]->data;
        p->values[id].items = givens[i]->items;
        p->values[id].n_items = givens[i]->n_items;
    }
}

static lw_status bind_outputs(lwi_plan *p, lw_value **outputs) {
    const lwi_graph *g = p->graph;
    for (size_t i = 0; i < g->n_outputs; i++) {
        const int id = g->outputs[i];
        if (p->places[id] != LWI_PLACE_OUTPUT || p->offsets[id] != i) continue;
        LW_TRY(p->device && p->outer ? lwi_device_open_output(p, outputs, i)
                                     : lwi_open_output(p, outputs, i, &p->values[id]));
        p->values[id].data = outputs[i]->data;
    }
    return LW_OK;
}

static void bind_view(lwi_plan *p, int view) {
    char *root = p->values[p->roots[view]].data;
    p->values[view].data = root ? root + p->within[view] : NULL;
}

static lw_status bind(lwi_plan *p, const lw_value *const *givens, lw_value **outputs) {
    lw_context *c = p->context;
    LW_TRY(lwi_context_reserve(c, p->depth, p->arena_bytes));
    if (p->arena_bytes && c->arenas[p->depth].block != p->base)
        bind_arena(p, c->arenas[p->depth].block);
    if (p->device && p->outer) LW_TRY(lwi_device_bind_givens(p, givens));
    bind_givens(p, givens);
    LW_TRY(bind_outputs(p, outputs));
    for (size_t i = 0; i < p->n_moving; i++)
        bind_view(p, p->moving[i]);
    return LW_OK;
}

static lw_status give_outputs(lwi_plan *p, lw_value **outputs) {
    const bool body = p->device && p->outer;
    if (body) lwi_device_see(p, p->device->first_end, p->device->n_end);
    for (size_t i = 0; i < p->graph->n_outputs; i++) {
        const int id = p->graph->outputs[i];
        const bool placed = p->places[id] == LWI_PLACE_OUTPUT && p->offsets[id] == i;
        if (!p->wanted[i] || (placed && !body)) continue;
        if (placed) LW_TRY(lwi_device_end_output(p, outputs, i));
        else if (body) LW_TRY(lwi_device_give_output(p, outputs, i));
        else LW_TRY(lwi_give_output(p, outputs, i));
    }
    return LW_OK;
}

static void undo_outputs(lwi_plan *p, lw_value **outputs) {
    for (size_t i = 0; i < p->graph->n_outputs; i++) {
        if (!p->made[i]) continue;
        lwi_value_release(outputs[i]);
        outputs[i] = NULL;
    }
}

lw_status lwi_execute(lwi_plan *p, const lw_value *const *givens, lw_value **outputs) {
    const lwi_scratch_mark mark = lwi_scratch_here(&p->context->stack);
    for (size_t i = 0; i < p->graph->n_outputs; i++)
        p->made[i] = p->wanted[i] && !outputs[i];
    p->outputs = outputs;
    lw_status status = bind(p, givens, outputs);
    if (status == LW_OK) status = run_steps(p);
    if (status == LW_OK) status = give_outputs(p, outputs);
    p->outputs = NULL;
    if (status != LW_OK) lwi_device_stop(p);
    if (status != LW_OK) undo_outputs(p, outputs);
    lwi_scratch_release(&p->context->stack, mark);
    for (size_t i = 0; i < p->n_late; i++)
        release_slot(p, p->late[i]);
    return status;
}
