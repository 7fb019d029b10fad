/* SPDX-License-Identifier: MIT
 * lw_context_run: from names to a plan, from a plan to outputs; and lw_context_prepare. */
#include "base/cpu.h"
#include "run/rehearse.h"
#include "run/size_ranges.h"
#include "run/type_text.h"

#include <string.h>

/* ------------------------------------------------------------------ checks */

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

static lw_status check_input(const lwi_slot *slot, const lw_value *v) {
    const lwi_type *t = &slot->type;
    if (!v || matches(t, v)) return LW_OK;
    char found[LWI_TYPE_TEXT], expected[LWI_TYPE_TEXT];
    lwi_type_text(v->kind, v->dtype, v->rank, v->dims, found);
    lwi_type_text(t->kind, t->dtype, t->rank, t->dims, expected);
    const bool shape = t->kind == v->kind && t->dtype == v->dtype;
    return lwi_fail(shape ? LW_SHAPE : LW_TYPE, "input '%s' is %s, expected %s%s", slot->name,
                    found, expected, strchr(expected, '-') ? " (-1: any size)" : "");
}

static lw_status check_inputs(const lw_context *c) {
    const lwi_graph *g = c->model->network.graph;
    for (size_t i = 0; i < g->n_inputs; i++)
        LW_TRY(check_input(&g->slots[g->inputs[i]], c->inputs[i]));
    return lwi_check_size_ranges(g, c->inputs);
}

/* ------------------------------------------------------------------- names */

/* *index is where the name is expected; callers mostly keep the model's order. */
static lw_status find_name(const lwi_graph *g, const char *what, const char *name, const int *ids,
                           size_t n, size_t *index) {
    if (name && *index < n && !strcmp(g->slots[ids[*index]].name, name)) return LW_OK;
    for (size_t i = 0; name && i < n; i++)
        if (!strcmp(g->slots[ids[i]].name, name)) {
            *index = i;
            return LW_OK;
        }
    return lwi_fail(LW_NOT_FOUND, "the model has no %s '%s'; its first %s is '%s'", what,
                    name ? name : "(null)", what, n ? g->slots[ids[0]].name : "(none)");
}

static lw_status take_inputs(lw_context *c, const lw_io *inputs, size_t n) {
    const lwi_graph *g = c->model->network.graph;
    for (size_t i = 0; i < g->n_inputs; i++)
        c->inputs[i] = NULL;
    for (size_t i = 0; i < n; i++) {
        size_t at = i;
        LW_TRY(find_name(g, "input", inputs[i].name, g->inputs, g->n_inputs, &at));
        if (!inputs[i].value)
            return lwi_fail(LW_INVALID, "input '%s' has no value", inputs[i].name);
        c->inputs[at] = inputs[i].value;
    }
    return LW_OK;
}

static lw_status take_outputs(lw_context *c, const lw_io *outputs, size_t n) {
    const lwi_graph *g = c->model->network.graph;
    for (size_t i = 0; i < g->n_outputs; i++) {
        c->wanted[i] = false;
        c->outputs[i] = NULL;
    }
    for (size_t i = 0; i < n; i++) {
        size_t at = i;
        LW_TRY(find_name(g, "output", outputs[i].name, g->outputs, g->n_outputs, &at));
        if (c->wanted[at])
            return lwi_fail(LW_INVALID, "output '%s' is given twice", outputs[i].name);
        if (outputs[i].value && outputs[i].value->kind != LW_KIND_TENSOR)
            return lwi_fail(LW_INVALID, "output '%s': only tensors can be filled in place",
                            outputs[i].name);
        c->wanted[at] = true;
        c->outputs[at] = outputs[i].value;
    }
    return LW_OK;
}

static lw_status return_outputs(const lw_context *c, lw_io *outputs, size_t n) {
    const lwi_graph *g = c->model->network.graph;
    for (size_t i = 0; i < n; i++) {
        size_t at = i;
        LW_TRY(find_name(g, "output", outputs[i].name, g->outputs, g->n_outputs, &at));
        outputs[i].value = c->outputs[at];
    }
    return LW_OK;
}

/* --------------------------------------------------------------------- run */

/* A plan was made for inputs that had been checked. */
static lw_status make_plan(lw_context *c, bool waits, lwi_plan **plan) {
    LW_TRY(check_inputs(c));
    return lwi_context_plan(c, c->inputs, c->wanted, waits, plan);
}

static lw_status run(lw_context *c, const lw_io *inputs, size_t n_inputs, lw_io *outputs,
                     size_t n_outputs) {
    lwi_plan *plan = NULL;
    lw_context *variant = NULL;
    if (c->model->network.maker) {
        LW_TRY(lwi_context_variant(c, inputs, n_inputs, &variant));
        return lw_context_run(variant, inputs, n_inputs, outputs, n_outputs);
    }
    LW_TRY(take_inputs(c, inputs, n_inputs));
    LW_TRY(take_outputs(c, outputs, n_outputs));
    plan = lwi_context_find_plan(c, c->inputs, c->wanted);
    if (!plan && lwi_replaces_default(c))
        return lwi_run_replacing(c, inputs, n_inputs, outputs, n_outputs);
    if (!plan) LW_TRY(make_plan(c, true, &plan));
    if (plan->waits && plan->ran) LW_TRY(lwi_context_pack_plan(c, &plan));
    c->has_run = plan->ran = true;
    LW_TRY(lwi_execute(plan, c->inputs, c->outputs));
    return return_outputs(c, outputs, n_outputs);
}

/* ----------------------------------------------------------------- prepare */

/* Runs into outputs of its own. */
static void run_often(lw_context *c, const lw_io *inputs, size_t n_inputs, lw_io *outputs,
                      size_t n_outputs) {
    const uint64_t start = lwi_clock();
    lw_status status = LW_OK;
    for (int i = 0; status == LW_OK && lwi_once_more(i, start); i++) {
        status = run(c, inputs, n_inputs, outputs, n_outputs);
        for (size_t k = 0; k < n_outputs; k++) {
            lw_value_free(outputs[k].value);
            outputs[k].value = NULL;
        }
        lwi_arena_reset(&c->strings);
    }
}

/* Of runs of microseconds a good part is around the plan, names and all. */
static lw_status run_again(lw_context *c, const lw_io *inputs, size_t n_inputs,
                           const lw_io *outputs, size_t n_outputs) {
    const lw_profile_fn profile = c->profile;
    void *user = c->profile_user;
    const bool has_run = c->has_run;
    lw_io *own = NULL;
    LW_TRY(lwi_alloc_array(&c->allocator, n_outputs, sizeof *own, &own));
    for (size_t i = 0; i < n_outputs; i++)
        own[i].name = outputs[i].name;
    lw_context_profile(c, NULL, NULL);
    run_often(c, inputs, n_inputs, own, n_outputs);
    lw_context_profile(c, profile, user);
    c->has_run = has_run;
    lwi_free(&c->allocator, own);
    return LW_OK;
}

static lw_status prepare(lw_context *c, const lw_io *inputs, size_t n_inputs, const lw_io *outputs,
                         size_t n_outputs) {
    lwi_plan *plan = NULL;
    lw_context *variant = NULL;
    if (c->model->network.maker) {
        LW_TRY(lwi_context_variant(c, inputs, n_inputs, &variant));
        return lw_context_prepare(variant, inputs, n_inputs, outputs, n_outputs);
    }
    LW_TRY(take_inputs(c, inputs, n_inputs));
    LW_TRY(take_outputs(c, outputs, n_outputs));
    plan = lwi_context_find_plan(c, c->inputs, c->wanted);
    if (!plan && lwi_replaces_default(c)) return LW_OK; /* rare: that run prepares itself */
    if (!plan) LW_TRY(make_plan(c, false, &plan));
    if (plan->waits) LW_TRY(lwi_context_pack_plan(c, &plan));
    if (plan->rehearsed && !plan->brief) return LW_OK;
    LW_TRY(lwi_touch_arena(plan));
    if (!lwi_can_rehearse(plan, c->inputs)) return LW_OK;
    if (!plan->rehearsed) lwi_rehearse(plan, c->inputs);
    return plan->brief ? run_again(c, inputs, n_inputs, outputs, n_outputs) : LW_OK;
}

/* --------------------------------------------------------------------- API */

static const lwi_kernels *enter(lw_context *c) {
    atomic_store_explicit(&c->cancel, false, memory_order_relaxed);
    lwi_arena_reset(&c->strings);
    c->pool.limit_hit = false;
    return lwi_cpu_use(c->kernels);
}

static lw_status leave(lw_context *c, const lwi_kernels *before, lw_status status) {
    lwi_cpu_use(before);
    lwi_scratch_settle(&c->stack);
    if (status == LW_NO_MEMORY && c->pool.limit_hit)
        return lwi_fail(LW_LIMIT, "the memory limit of %zu bytes is reached", c->memory_limit);
    return status;
}

lw_status lw_context_run(lw_context *c, const lw_io *inputs, size_t n_inputs, lw_io *outputs,
                         size_t n_outputs) {
    if (!c || (n_inputs && !inputs) || (n_outputs && !outputs))
        return lwi_fail(LW_INVALID, "lw_context_run: context, inputs or outputs is NULL");
    const lwi_kernels *before = enter(c);
    return leave(c, before, run(c, inputs, n_inputs, outputs, n_outputs));
}

lw_status lw_context_prepare(lw_context *c, const lw_io *inputs, size_t n_inputs,
                             const lw_io *outputs, size_t n_outputs) {
    if (!c || (n_inputs && !inputs) || (n_outputs && !outputs))
        return lwi_fail(LW_INVALID, "lw_context_prepare: context, inputs or outputs is NULL");
    const lwi_kernels *before = enter(c);
    return leave(c, before, prepare(c, inputs, n_inputs, outputs, n_outputs));
}
