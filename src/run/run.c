/* SPDX-License-Identifier: MIT
 * lw_context_run: from names to a plan, from a plan to outputs. */
#include "run/context.h"

#include <string.h>

/* One run: what goes in and out, by index. */
typedef struct running {
    lw_context *context;
    const lwi_graph *graph;
    const lw_value **inputs; /* [graph inputs] NULL: left out */
    lw_value **outputs;      /* [graph outputs] the caller's tensors or new ones */
    bool *wanted;            /* [graph outputs] */
    bool *made;              /* [graph outputs] new: freed when the run fails */
} running;

/* ------------------------------------------------------------------ checks */

static void type_text(lw_kind kind, lw_dtype dtype, int rank, const int64_t *dims, char *text,
                      size_t size) {
    static const char *const kinds[] = {"tensor", "sequence", "map", "optional"};
    char shape[LWI_SHAPE_TEXT] = "";
    if (kind != LW_KIND_TENSOR) dtype = LW_DTYPE_NONE;
    if (kind == LW_KIND_TENSOR && rank >= 0) lwi_shape_text(rank, dims, shape);
    const char *name = kind == LW_KIND_TENSOR ? lw_dtype_name(dtype) : kinds[kind];
    const size_t n = strlen(name), m = strlen(shape);
    if (n + m + 1 > size) return;
    memcpy(text, name, n);
    memcpy(text + n, shape, m + 1);
}

/* A declared dimension of 0 is what old converters wrote for "any size". */
static bool matches(const lwi_type *t, const lw_value *v) {
    if (!t->declared) return true;
    if (t->kind == LW_KIND_OPTIONAL) return true; /* the value itself may be given */
    if (t->kind != v->kind) return false;
    if (t->kind != LW_KIND_TENSOR) return true;
    if (t->dtype && t->dtype != v->dtype) return false;
    if (t->rank < 0) return true;
    if (t->rank != v->rank) return false;
    for (int d = 0; d < t->rank; d++)
        if (t->dims[d] > 0 && t->dims[d] != v->dims[d]) return false;
    return true;
}

static lw_status check_value(const char *what, const lwi_slot *slot, const lw_value *v) {
    if (matches(&slot->type, v)) return LW_OK;
    const lwi_type *t = &slot->type;
    char found[256] = "", expected[256] = "";
    type_text(v->kind, v->dtype, v->rank, v->dims, found, sizeof found);
    type_text(t->kind, t->dtype, t->rank, t->dims, expected, sizeof expected);
    const bool shape = t->kind == v->kind && t->dtype == v->dtype;
    return lwi_fail(shape ? LW_SHAPE : LW_TYPE, "%s '%s' is %s, expected %s%s", what, slot->name,
                    found, expected, strchr(expected, '-') ? " (-1: any size)" : "");
}

static lw_status find_name(const running *r, const char *what, const char *name, const int *ids,
                           size_t n, size_t *index) {
    for (size_t i = 0; name && i < n; i++)
        if (!strcmp(r->graph->slots[ids[i]].name, name)) {
            *index = i;
            return LW_OK;
        }
    return lwi_fail(LW_NOT_FOUND, "the model has no %s '%s'; its first %s is '%s'", what,
                    name ? name : "(null)", what, n ? r->graph->slots[ids[0]].name : "(none)");
}

static lw_status take_inputs(running *r, const lw_io *inputs, size_t n) {
    const lwi_graph *g = r->graph;
    for (size_t i = 0; i < n; i++) {
        size_t at = 0;
        LW_TRY(find_name(r, "input", inputs[i].name, g->inputs, g->n_inputs, &at));
        if (!inputs[i].value)
            return lwi_fail(LW_INVALID, "input '%s' has no value", inputs[i].name);
        LW_TRY(check_value("input", &g->slots[g->inputs[at]], inputs[i].value));
        r->inputs[at] = inputs[i].value;
    }
    for (size_t i = 0; i < g->n_inputs; i++) {
        const lwi_slot *slot = &g->slots[g->inputs[i]];
        if (!r->inputs[i] && !slot->constant && slot->type.kind != LW_KIND_OPTIONAL)
            return lwi_fail(LW_INVALID, "input '%s' is missing", slot->name);
    }
    return LW_OK;
}

static lw_status take_outputs(running *r, const lw_io *outputs, size_t n) {
    const lwi_graph *g = r->graph;
    for (size_t i = 0; i < n; i++) {
        size_t at = 0;
        LW_TRY(find_name(r, "output", outputs[i].name, g->outputs, g->n_outputs, &at));
        if (r->wanted[at])
            return lwi_fail(LW_INVALID, "output '%s' is given twice", outputs[i].name);
        if (outputs[i].value && outputs[i].value->kind != LW_KIND_TENSOR)
            return lwi_fail(LW_INVALID, "output '%s': only tensors can be filled in place",
                            outputs[i].name);
        r->wanted[at] = true;
        r->outputs[at] = outputs[i].value;
    }
    return LW_OK;
}

/* ----------------------------------------------------------------- outputs */

/* The tensor that output i goes to, made if the caller has none. */
static lw_status open_output(running *r, size_t i, const lw_value *like) {
    const char *name = r->graph->slots[r->graph->outputs[i]].name;
    lw_value *v = r->outputs[i];
    if (!v) {
        LW_TRY(lwi_tensor_make(&lwi_malloc_allocator, like->dtype, like->rank, like->dims,
                               &r->outputs[i]));
        r->made[i] = true;
        return LW_OK;
    }
    if (v->dtype == like->dtype && lwi_same_shape(v, like)) return LW_OK;
    char found[256] = "", expected[256] = "";
    type_text(v->kind, v->dtype, v->rank, v->dims, found, sizeof found);
    type_text(like->kind, like->dtype, like->rank, like->dims, expected, sizeof expected);
    return lwi_fail(v->dtype == like->dtype ? LW_SHAPE : LW_TYPE,
                    "output '%s' is %s, but the tensor given for it is %s", name, expected, found);
}

/* Points the plan's values to where they lie in this run. */
static lw_status open_plan(running *r, lwi_plan *plan, lwi_frame *frame) {
    const lwi_graph *g = r->graph;
    LW_TRY(lwi_context_reserve(r->context, plan->arena_bytes));
    for (size_t i = 0; i < g->n_inputs; i++)
        if (r->inputs[i]) frame->slots[g->inputs[i]] = r->inputs[i];
    for (size_t s = 0; s < g->n_slots; s++) {
        lw_value *v = &plan->values[s];
        if (plan->places[s] == LWI_PLACE_KNOWN) frame->slots[s] = v;
        if (plan->places[s] == LWI_PLACE_ARENA)
            v->data = (char *)r->context->arena + plan->offsets[s];
        if (plan->places[s] == LWI_PLACE_OUTPUT) {
            LW_TRY(open_output(r, plan->offsets[s], v));
            v->data = r->outputs[plan->offsets[s]]->data;
        }
    }
    return LW_OK;
}

/* Output i lies elsewhere: it is a constant, an input, a view, or made by a late node. */
static lw_status copy_output(running *r, size_t i, const lw_value *v) {
    const char *name = r->graph->slots[r->graph->outputs[i]].name;
    if (!v) return lwi_fail(LW_INVALID, "output '%s' has no value in this run", name);
    if (!r->outputs[i]) {
        LW_TRY(lwi_value_clone(&lwi_malloc_allocator, v, &r->outputs[i]));
        r->made[i] = true;
        return LW_OK;
    }
    if (v->kind != LW_KIND_TENSOR || v->dtype == LW_STRING)
        return lwi_fail(LW_INVALID, "output '%s' cannot be filled in place: leave its value NULL",
                        name);
    LW_TRY(open_output(r, i, v));
    if (v->bytes) memcpy(r->outputs[i]->data, v->data, v->bytes);
    return LW_OK;
}

static lw_status copy_outputs(running *r, const lwi_plan *plan, const lwi_frame *frame) {
    const lwi_graph *g = r->graph;
    for (size_t i = 0; i < g->n_outputs; i++) {
        const int id = g->outputs[i];
        if (!r->wanted[i]) continue;
        if (plan->places[id] == LWI_PLACE_OUTPUT && plan->offsets[id] == i) continue;
        LW_TRY(copy_output(r, i, frame->slots[id]));
    }
    return LW_OK;
}

/* --------------------------------------------------------------------- run */

static lw_status run_plan(running *r) {
    lw_context *c = r->context;
    lwi_plan *plan = NULL;
    LW_TRY(lwi_context_plan(c, r->inputs, r->wanted, &plan));
    lwi_frame frame;
    LW_TRY(lwi_frame_open(c, r->graph, NULL, &frame));
    lw_status status = open_plan(r, plan, &frame);
    if (status == LW_OK) status = lwi_execute(&frame, plan);
    if (status == LW_OK) status = copy_outputs(r, plan, &frame);
    lwi_frame_close(&frame);
    lwi_host_release_scratch(c, 0);
    return status;
}

static lw_status run(running *r, const lw_io *inputs, size_t n_inputs, lw_io *outputs,
                     size_t n_outputs) {
    LW_TRY(take_inputs(r, inputs, n_inputs));
    LW_TRY(take_outputs(r, outputs, n_outputs));
    LW_TRY(run_plan(r));
    for (size_t i = 0; i < n_outputs; i++) {
        size_t at = 0;
        LW_TRY(
            find_name(r, "output", outputs[i].name, r->graph->outputs, r->graph->n_outputs, &at));
        outputs[i].value = r->outputs[at];
    }
    return LW_OK;
}

static lw_status open_run(running *r) {
    const lw_allocator *a = &r->context->in_pool;
    const lwi_graph *g = r->graph;
    LW_TRY(lwi_alloc_array(a, g->n_inputs + 1, sizeof *r->inputs, &r->inputs));
    LW_TRY(lwi_alloc_array(a, g->n_outputs + 1, sizeof *r->outputs, &r->outputs));
    LW_TRY(lwi_alloc_array(a, g->n_outputs + 1, sizeof *r->wanted, &r->wanted));
    return lwi_alloc_array(a, g->n_outputs + 1, sizeof *r->made, &r->made);
}

static void close_run(running *r, lw_status status) {
    const lw_allocator *a = &r->context->in_pool;
    for (size_t i = 0; r->made && i < r->graph->n_outputs; i++)
        if (r->made[i] && status != LW_OK) lw_value_free(r->outputs[i]);
    lwi_free(a, r->inputs);
    lwi_free(a, r->outputs);
    lwi_free(a, r->wanted);
    lwi_free(a, r->made);
}

lw_status lw_context_run(lw_context *c, const lw_io *inputs, size_t n_inputs, lw_io *outputs,
                         size_t n_outputs) {
    if (!c || (n_inputs && !inputs) || (n_outputs && !outputs))
        return lwi_fail(LW_INVALID, "lw_context_run: context, inputs or outputs is NULL");
    running r = {.context = c, .graph = c->model->network.graph};
    atomic_store(&c->cancel, false);
    lwi_arena_reset(&c->strings);
    c->pool.limit_hit = false;
    lw_status status = open_run(&r);
    if (status == LW_OK) status = run(&r, inputs, n_inputs, outputs, n_outputs);
    close_run(&r, status);
    if (status == LW_NO_MEMORY && c->pool.limit_hit)
        status = lwi_fail(LW_LIMIT, "the memory limit of %zu bytes is reached", c->memory_limit);
    return status;
}
