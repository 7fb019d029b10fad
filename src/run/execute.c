/* SPDX-License-Identifier: MIT
 * Executes a graph, node by node. */
#include "run/context.h"

#include "base/cpu.h"
#include "ops/call.h"

#include <string.h>

/* ------------------------------------------------------------------- frame */

lw_status lwi_frame_open(lw_context *c, const lwi_graph *g, const lwi_frame *outer,
                         lwi_frame *frame) {
    *frame = (lwi_frame){.context = c, .graph = g, .outer = outer};
    LW_TRY(lwi_alloc_array(&c->in_pool, g->n_slots + 1, sizeof *frame->slots, &frame->slots));
    const lw_status status =
        lwi_alloc_array(&c->in_pool, g->n_slots + 1, sizeof *frame->owned, &frame->owned);
    if (status != LW_OK) {
        lwi_free(&c->in_pool, frame->slots);
        return status;
    }
    for (size_t i = 0; i < g->n_slots; i++)
        frame->slots[i] = g->slots[i].constant;
    return LW_OK;
}

static void release_slot(lwi_frame *f, int id) {
    if (!f->owned[id]) return;
    lwi_value_release((lw_value *)f->slots[id]);
    f->slots[id] = NULL;
    f->owned[id] = false;
}

void lwi_frame_close(lwi_frame *f) {
    for (size_t i = 0; i < f->graph->n_slots; i++)
        release_slot(f, (int)i);
    lwi_free(&f->context->in_pool, f->slots);
    lwi_free(&f->context->in_pool, f->owned);
}

/* ------------------------------------------------------------------- nodes */

/* The arrays of one call, for the largest node of a graph. */
typedef struct arrays {
    const lw_value **in;
    lw_value **out;
    bool *declared;
} arrays;

static lw_status gather_inputs(const lwi_frame *f, const lwi_node *node, const lw_value **in,
                               size_t *n_in) {
    *n_in = 0;
    for (size_t i = 0; i < node->n_inputs; i++) {
        const int id = node->inputs[i];
        in[i] = id < 0 ? NULL : f->slots[id];
        if (in[i]) *n_in = i + 1;
        else if (id >= 0)
            return lwi_node_fail(node, LW_INVALID, "its input '%s' has no value",
                                 f->graph->slots[id].name);
    }
    return LW_OK;
}

/* Fresh values for the outputs of a late node. */
static lw_status open_late(lwi_frame *f, const lwi_node *node, arrays *a) {
    for (size_t k = 0; k < node->n_outputs; k++) {
        const int id = node->outputs[k];
        a->out[k] = NULL;
        a->declared[k] = false;
        if (id < 0) continue;
        release_slot(f, id);
        LW_TRY(lwi_value_make(&f->context->in_pool, LW_KIND_TENSOR, LW_DTYPE_NONE, 0, &a->out[k]));
        f->slots[id] = a->out[k];
        f->owned[id] = true;
    }
    return LW_OK;
}

static void open_ready(lwi_frame *f, const lwi_node *node, const lwi_plan *plan, arrays *a) {
    for (size_t k = 0; k < node->n_outputs; k++) {
        const int id = node->outputs[k];
        a->out[k] = id < 0 ? NULL : &plan->values[id];
        a->declared[k] = id >= 0;
        if (id >= 0) f->slots[id] = a->out[k];
    }
}

static lw_status run_late(lwi_call *call) {
    const lw_status status = lwi_call_infer(call);
    if (status != LW_OK && status != LWI_LATER) return status;
    const lwi_kernel *kernel = lwi_cpu_claim(call);
    LW_TRY(lwi_call_prepare(call, kernel));
    return lwi_call_run(call, kernel);
}

static lw_status run_node(lwi_frame *f, size_t index, const lwi_plan *plan, arrays *a) {
    const lwi_node *node = &f->graph->nodes[index];
    const lwi_step step = plan ? (lwi_step)plan->steps[index] : LWI_STEP_LATE;
    lw_context *c = f->context;
    if (step == LWI_STEP_SKIP) return LW_OK;
    if (step == LWI_STEP_VIEW) {
        plan->values[node->outputs[0]].data = f->slots[node->inputs[0]]->data;
        f->slots[node->outputs[0]] = &plan->values[node->outputs[0]];
        return LW_OK;
    }
    lwi_call call = {.node = node,
                     .in = a->in,
                     .out = a->out,
                     .n_out = node->n_outputs,
                     .declared = a->declared,
                     .host = &c->host,
                     .state = f};
    LW_TRY(gather_inputs(f, node, a->in, &call.n_in));
    const size_t scratch = c->n_scratch;
    lw_status status = LW_OK;
    if (step == LWI_STEP_READY) {
        open_ready(f, node, plan, a);
        call.prepared = plan->prepared[index];
        call.packed = plan->packed[index];
        status = lwi_call_run(&call, plan->kernels[index]);
    } else {
        status = open_late(f, node, a);
        if (status == LW_OK) status = run_late(&call);
    }
    lwi_host_release_scratch(c, scratch);
    return status;
}

static void release_dead(lwi_frame *f, size_t index) {
    const lwi_graph *g = f->graph;
    for (size_t d = g->dead_first[index]; d < g->dead_first[index + 1]; d++)
        release_slot(f, g->dead[d]);
}

static lw_status run_nodes(lwi_frame *f, lwi_plan *plan, arrays *a) {
    lw_context *c = f->context;
    for (size_t i = 0; i < f->graph->n_nodes; i++) {
        if (atomic_load_explicit(&c->cancel, memory_order_relaxed))
            return lwi_fail(LW_CANCELLED, "the run was cancelled");
        const bool timed = plan && c->profile && plan->steps[i] != LWI_STEP_SKIP;
        const uint64_t start = timed ? lwi_clock() : 0;
        const lw_status status = run_node(f, i, plan, a);
        if (status == LWI_LATER)
            return lwi_node_fail(&f->graph->nodes[i], LW_INTERNAL, "its shape stayed unknown");
        LW_TRY(status);
        if (timed) c->profile(c->profile_user, i, start, lwi_clock());
        release_dead(f, i);
    }
    return LW_OK;
}

lw_status lwi_execute(lwi_frame *f, lwi_plan *plan) {
    lw_context *c = f->context;
    size_t max_in = 1, max_out = 1;
    for (size_t i = 0; i < f->graph->n_nodes; i++) {
        const lwi_node *node = &f->graph->nodes[i];
        if (node->n_inputs > max_in) max_in = node->n_inputs;
        if (node->n_outputs > max_out) max_out = node->n_outputs;
    }
    arrays a = {0};
    lw_status status = lwi_alloc_array(&c->in_pool, max_in, sizeof *a.in, &a.in);
    if (!status) status = lwi_alloc_array(&c->in_pool, max_out, sizeof *a.out, &a.out);
    if (!status) status = lwi_alloc_array(&c->in_pool, max_out, sizeof *a.declared, &a.declared);
    if (!status) status = run_nodes(f, plan, &a);
    lwi_free(&c->in_pool, a.in);
    lwi_free(&c->in_pool, a.out);
    lwi_free(&c->in_pool, a.declared);
    return status;
}

/* --------------------------------------------------------------- subgraphs */

static lw_status bind(lwi_frame *f, const lw_value *const *inputs, size_t n_inputs) {
    const lwi_graph *g = f->graph;
    if (n_inputs > g->n_inputs)
        return lwi_fail(LW_INVALID, "subgraph '%s' has %zu inputs, but %zu are given", g->name,
                        g->n_inputs, n_inputs);
    for (size_t i = 0; i < n_inputs; i++)
        if (inputs[i]) f->slots[g->inputs[i]] = inputs[i];
    for (size_t i = 0; i < g->n_captures; i++)
        f->slots[g->captures[i].inner] = f->outer->slots[g->captures[i].outer];
    return LW_OK;
}

static lw_status collect(lwi_frame *f, lw_value **outputs, size_t n_outputs) {
    const lwi_graph *g = f->graph;
    lwi_call call = {.host = &f->context->host, .state = f};
    if (n_outputs > g->n_outputs)
        return lwi_fail(LW_INVALID, "subgraph '%s' has %zu outputs, but %zu are wanted", g->name,
                        g->n_outputs, n_outputs);
    for (size_t i = 0; i < n_outputs; i++) {
        const lw_value *v = f->slots[g->outputs[i]];
        lw_status status = LW_OK;
        if (!v)
            status = lwi_fail(LW_INVALID, "subgraph '%s': output '%s' has no value", g->name,
                              g->slots[g->outputs[i]].name);
        else status = lwi_keep(&call, v, &outputs[i]);
        if (status == LW_OK) continue;
        while (i-- > 0) {
            lwi_value_release(outputs[i]);
            outputs[i] = NULL;
        }
        return status;
    }
    return LW_OK;
}

lw_status lwi_execute_subgraph(void *state, const lwi_graph *graph, const lw_value *const *inputs,
                               size_t n_inputs, lw_value **outputs, size_t n_outputs) {
    const lwi_frame *outer = state;
    /* A subgraph sees the frame of the graph that it stands in. */
    while (outer && outer->graph != graph->parent)
        outer = outer->outer;
    if (!outer) return lwi_fail(LW_INTERNAL, "subgraph '%s' has no frame around it", graph->name);
    lwi_frame f;
    LW_TRY(lwi_frame_open(outer->context, graph, outer, &f));
    lw_status status = bind(&f, inputs, n_inputs);
    if (status == LW_OK) status = lwi_execute(&f, NULL);
    if (status == LW_OK) status = collect(&f, outputs, n_outputs);
    lwi_frame_close(&f);
    return status;
}
