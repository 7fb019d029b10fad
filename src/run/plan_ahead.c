/* SPDX-License-Identifier: MIT
 * Plans before the first run, so that it is not slower than the others: with the declared shapes
 * of the inputs where they are fixed; a small model is even run once. Where they are not, a plan
 * for small sizes lets kernels pack their weights at least. */
#include "ops/registry.h"
#include "run/context.h"

#include <string.h>

/* Arenas up to this size are touched, so that the first run does not have to wait for pages. */
static const size_t LARGEST_TOUCHED = (size_t)1 << 28;
/* Constants, inputs and arena of a model that is run once in advance. */
static const size_t LARGEST_REHEARSED = (size_t)1 << 22;

/* Batches and lengths of sequences may be 1; a picture of one pixel helps no one. */
static bool guess_shape(const lwi_type *t, int64_t *dims) {
    for (int d = 0; d < t->rank; d++) {
        dims[d] = t->dims[d] > 0 ? t->dims[d] : 1;
        if (t->dims[d] <= 0 && d > 0 && t->rank > 3) return false;
    }
    return true;
}

static bool guess_input(const lwi_slot *slot, lw_value *value) {
    const lwi_type *t = &slot->type;
    int64_t dims[LW_MAX_RANK];
    if (!t->declared || t->kind != LW_KIND_TENSOR || !t->dtype) return false;
    if (t->rank < 0 || t->rank > LW_MAX_RANK || !guess_shape(t, dims)) return false;
    return lwi_tensor_init(value, t->dtype, t->rank, dims, NULL) == LW_OK;
}

/* Points c->inputs into values; false if nothing is known of one. */
static bool guess_inputs(lw_context *c, lw_value *values) {
    const lwi_graph *g = c->model->network.graph;
    for (size_t i = 0; i < g->n_inputs; i++) {
        const lwi_slot *slot = &g->slots[g->inputs[i]];
        c->inputs[i] = NULL;
        if (slot->constant) continue;
        if (!guess_input(slot, &values[i])) return false;
        c->inputs[i] = &values[i];
    }
    for (size_t i = 0; i < g->n_outputs; i++)
        c->wanted[i] = true;
    return true;
}

static lw_status touch_arena(lw_context *c, const lwi_plan *plan) {
    if (plan->arena_bytes > LARGEST_TOUCHED) return LW_OK;
    LW_TRY(lwi_context_reserve(c, 0, plan->arena_bytes));
    if (plan->arena_bytes) memset(c->arenas[0].block, 0, c->arenas[0].bytes);
    return LW_OK;
}

/* -------------------------------------------------------------- rehearsal */

/* The run takes no more than a few milliseconds and cannot depend on what the inputs are. */
static bool can_rehearse(const lw_context *c, const lwi_plan *plan) {
    const lwi_graph *g = plan->graph;
    size_t bytes = plan->arena_bytes;
    if (plan->n_late > 0) return false;
    for (size_t i = 0; i < plan->n_steps; i++)
        if (plan->steps[i].call.node->op->op->flags & LWI_RANDOM) return false;
    for (size_t i = 0; i < g->n_slots; i++)
        if (g->slots[i].constant) bytes += g->slots[i].constant->bytes;
    for (size_t i = 0; i < g->n_inputs; i++) {
        if (!c->inputs[i]) continue;
        if (c->inputs[i]->dtype == LW_STRING) return false;
        bytes += c->inputs[i]->bytes;
    }
    return bytes <= LARGEST_REHEARSED;
}

/* Runs once with inputs of zeros, whatever comes of it: caches and pages are warm afterwards. */
static lw_status rehearse(lw_context *c, lwi_plan *plan, lw_value *values) {
    const lwi_graph *g = plan->graph;
    lwi_arena zeros;
    lw_status status = LW_OK;
    lwi_arena_init(&zeros, &c->allocator);
    for (size_t i = 0; i < g->n_inputs && status == LW_OK; i++)
        if (c->inputs[i]) status = lwi_arena_alloc(&zeros, values[i].bytes, 1, &values[i].data);
    for (size_t i = 0; i < g->n_outputs; i++)
        c->outputs[i] = NULL;
    if (status == LW_OK) status = lwi_execute(plan, c->inputs, c->outputs);
    for (size_t i = 0; i < g->n_outputs; i++) {
        lw_value_free(c->outputs[i]);
        c->outputs[i] = NULL;
    }
    lwi_arena_reset(&c->strings);
    lwi_arena_free(&zeros);
    return status;
}

static lw_status plan_ahead(lw_context *c, lw_value *values) {
    lwi_plan *plan = NULL;
    if (!guess_inputs(c, values)) return LW_OK;
    LW_TRY(lwi_context_plan(c, c->inputs, c->wanted, &plan));
    LW_TRY(touch_arena(c, plan));
    return can_rehearse(c, plan) ? rehearse(c, plan, values) : LW_OK;
}

void lwi_context_plan_ahead(lw_context *c) {
    const size_t n = c->model->network.graph->n_inputs;
    lw_value *values = NULL;
    lw_status status = lwi_alloc_array(&c->allocator, n, sizeof *values, &values);
    if (status == LW_OK) status = plan_ahead(c, values);
    lwi_free(&c->allocator, values);
    lwi_scratch_settle(&c->stack);
    if (status != LW_OK)
        lwi_context_forget_plans(c); /* a run with true inputs says what is wrong */
}
