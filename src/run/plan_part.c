/* SPDX-License-Identifier: MIT
 * A part of the graph that a plug-in runs: its sizes are found out, it is written as an ONNX model
 * in which they are fixed, the plug-in makes a program of that, and a step calls the program. */
#include "run/planner.h"

#include "base/hash.h"
#include "format/onnx/onnx_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What the step needs. */
typedef struct part_run {
    const lw_plugin *table;
    void *program;
    lw_plugin_tensor *inputs, *outputs; /* data are set in the run */
    size_t n_inputs, n_outputs;
    size_t *which; /* [n_inputs] input of the call */
} part_run;

typedef struct part {
    lwi_planner *planner;
    lwi_call *call;
    const lwi_graph *graph;
    lwi_plan *shapes;
    part_run *run;
} part;

/* -------------------------------------------------------------------- tensors */

static lw_plugin_tensor describe(const part *p, int slot) {
    const lw_value *v = &p->shapes->values[slot];
    return (lw_plugin_tensor){p->graph->slots[slot].name, v->dtype, v->rank, NULL, v->bytes, NULL};
}

static lw_status keep_dims(const part *p, int slot, lw_plugin_tensor *t) {
    const lw_value *v = &p->shapes->values[slot];
    void *dims = NULL;
    LW_TRY(lwi_arena_copy(&p->planner->plan->memory, v->dims, sizeof v->dims, &dims));
    *t = describe(p, slot);
    t->dims = dims;
    return LW_OK;
}

/* Inputs that are known are constants of the program. */
static lw_status find_tensors(part *p) {
    const lwi_graph *g = p->graph;
    part_run *r = p->run;
    lwi_arena *m = &p->planner->plan->memory;
    LW_TRY(lwi_arena_alloc(m, g->n_inputs, sizeof *r->inputs, &r->inputs));
    LW_TRY(lwi_arena_alloc(m, g->n_inputs, sizeof *r->which, &r->which));
    LW_TRY(lwi_arena_alloc(m, g->n_outputs, sizeof *r->outputs, &r->outputs));
    for (size_t i = 0; i < g->n_inputs; i++) {
        if (p->shapes->places[g->inputs[i]] == LWI_PLACE_KNOWN) continue;
        LW_TRY(keep_dims(p, g->inputs[i], &r->inputs[r->n_inputs]));
        r->which[r->n_inputs++] = i;
    }
    for (r->n_outputs = 0; r->n_outputs < g->n_outputs; r->n_outputs++)
        LW_TRY(keep_dims(p, g->outputs[r->n_outputs], &r->outputs[r->n_outputs]));
    return LW_OK;
}

static lw_status declare(const part *p) {
    for (size_t k = 0; k < p->call->n_out; k++) {
        const int id = p->call->node->outputs[k];
        const lw_value *v = &p->shapes->values[p->graph->outputs[k]];
        if (v->kind != LW_KIND_TENSOR || v->dtype == LW_STRING)
            return lwi_fail(LW_UNSUPPORTED, "its output '%s' is no tensor of numbers",
                            p->graph->slots[p->graph->outputs[k]].name);
        LW_TRY(lwi_tensor_init(p->call->out[k], v->dtype, v->rank, v->dims, NULL));
        p->planner->plan->places[id] = LWI_PLACE_ARENA;
    }
    return LW_OK;
}

/* -------------------------------------------------------------------- program */

static uint64_t hash_tensors(uint64_t hash, const lw_plugin_tensor *t, size_t n) {
    for (size_t i = 0; i < n; i++) {
        hash = lwi_hash(hash, &t[i].dtype, sizeof t[i].dtype);
        hash = lwi_hash(hash, t[i].dims, (size_t)t[i].rank * sizeof *t[i].dims);
    }
    return hash;
}

static lw_status compile(part *p, const lwi_buffer *onnx) {
    lwi_vendor_plugin *v = p->planner->context->plugin;
    part_run *r = p->run;
    lw_plugin_graph g = {.size = sizeof g,
                         .onnx = onnx->data,
                         .onnx_bytes = onnx->size,
                         .inputs = r->inputs,
                         .outputs = r->outputs,
                         .n_inputs = r->n_inputs,
                         .n_outputs = r->n_outputs};
    uint64_t key = lwi_hash(0, onnx->data, onnx->size);
    key = hash_tensors(hash_tensors(key, r->inputs, r->n_inputs), r->outputs, r->n_outputs);
    if (onnx->data) snprintf(g.key, sizeof g.key, "%016" PRIx64, key);
    for (size_t i = 0; i < v->n_programs; i++)
        if (v->programs[i].key == key && v->programs[i].bytes == onnx->size) {
            r->program = v->programs[i].program;
            return LW_OK;
        }
    LW_TRY(lwi_arena_grow(&v->arena, &v->programs, &v->cap_programs, v->n_programs + 1,
                          sizeof *v->programs));
    LW_TRY(v->table->compile(v->state, &g, &r->program));
    v->programs[v->n_programs++] = (lwi_part_program){key, onnx->size, r->program};
    return LW_OK;
}

static lw_status make_program(part *p) {
    const lwi_onnx_source source = {.graph = p->graph,
                                    .known = p->shapes->values,
                                    .allocator = &p->planner->context->allocator};
    lwi_buffer onnx = lwi_buffer_new(source.allocator);
    lw_status status = LW_OK;
    if (!(p->run->table->flags & LW_PLUGIN_WHOLE)) status = lwi_onnx_write_buffer(&source, &onnx);
    if (status == LW_OK) status = compile(p, &onnx);
    lwi_buffer_free(&onnx);
    return status;
}

/* ----------------------------------------------------------------------- step */

static lw_status run(lwi_call *c) {
    part_run *r = c->prepared;
    for (size_t i = 0; i < r->n_inputs; i++)
        r->inputs[i].data = c->in[r->which[i]]->data;
    for (size_t k = 0; k < r->n_outputs; k++)
        r->outputs[k].data = c->out[k]->data;
    const lw_status status = r->table->run(r->program, r->inputs, r->outputs);
    return status == LW_OK ? LW_OK
                           : lwi_fail_prefix(status, "%s, %s", r->table->name, c->node->name);
}

static lw_status find_shapes(part *p) {
    const lwi_graph *g = p->graph;
    lwi_arena *scratch = &p->planner->plan->memory;
    bool *wanted = NULL;
    LW_TRY(lwi_arena_alloc(scratch, g->n_outputs, sizeof *wanted, &wanted));
    memset(wanted, true, g->n_outputs * sizeof *wanted);
    return lwi_plan_shapes(p->planner->context, g, p->planner->plan, p->call->in, wanted,
                           &p->shapes);
}

static lw_status make_step(part *p) {
    lwi_plan *plan = p->planner->plan;
    LW_TRY(lwi_arena_alloc(&plan->memory, 1, sizeof *p->run, &p->run));
    p->run->table = p->planner->context->plugin->table;
    LW_TRY(find_shapes(p));
    LW_TRY(find_tensors(p));
    LW_TRY(make_program(p));
    LW_TRY(declare(p));
    lwi_step *step = &plan->steps[plan->n_steps++];
    step->call = *p->call;
    step->call.host = &p->planner->context->host;
    step->call.prepared = p->run;
    step->run = run;
    lwi_node_each_read(p->call->node, lwi_plan_mark, p->planner->raw);
    return LW_OK;
}

/* The processor runs the part after all. */
static lw_status give_up(const part *p) {
    lwi_vendor_plugin *v = p->planner->context->plugin;
    const char *reason = NULL;
    LW_TRY(lwi_arena_string(&v->arena, lw_last_error(), strlen(lw_last_error()), &reason));
    for (size_t i = 0; i < v->n_notes; i++) {
        if (strcmp(v->notes[i].part, p->graph->name) != 0) continue;
        v->notes[i].part[0] = '\0';
        v->notes[i].reason = reason;
    }
    return LW_OK;
}

lw_status lwi_plan_part(lwi_planner *planner, lwi_call *call, bool gathered, uint8_t *work) {
    const lwi_attr *attr = lwi_node_attr(call->node, "part");
    if (!attr || attr->kind != LWI_ATTR_PART) return LW_OK;
    part p = {.planner = planner, .call = call, .graph = attr->graph};
    const lw_status status =
        gathered ? make_step(&p)
                 : lwi_fail(LW_UNSUPPORTED, "sizes of its inputs are not known before a run");
    lwi_plan_free(p.shapes);
    if (status == LW_OK) {
        *work = LWI_WORK_READY;
        return LW_OK;
    }
    if (status != LW_NO_MEMORY && planner->context->options.fallback) return give_up(&p);
    return lwi_fail_prefix(status, "%s, %s", planner->context->plugin->table->name, p.graph->name);
}
