/* SPDX-License-Identifier: MIT
 * Plans before the first run, so that it is not slower than the others: with the declared shapes
 * of the inputs where they are fixed, and the model is even run once. Where they are not, a plan
 * for small sizes lets kernels pack their weights at least. Many weights are packed later
 * (lwi_context_waits). */
#include "ops/registry.h"
#include "run/rehearse.h"

#include <string.h>

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

/* With made-up inputs, a Loop may never end. */
static bool has_loop(const lwi_graph *g) {
    for (size_t i = 0; i < g->n_nodes; i++) {
        const lwi_node *node = &g->nodes[i];
        if (!strcmp(node->op->name, "Loop")) return true;
        for (size_t a = 0; a < node->n_attrs; a++)
            if (node->attrs[a].kind == LWI_ATTR_GRAPH && has_loop(node->attrs[a].graph))
                return true;
    }
    return false;
}

/* What all inputs may point at. */
static size_t largest_input(const lw_context *c, size_t n) {
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++)
        if (c->inputs[i] && c->inputs[i]->bytes > bytes) bytes = c->inputs[i]->bytes;
    return bytes;
}

/* A string is more than zeros. */
static bool has_strings(const lw_context *c, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (c->inputs[i] && c->inputs[i]->dtype == LW_STRING) return true;
    return false;
}

/* What comes of it does not matter: zeros may be no good inputs. */
static void rehearse(lw_context *c, lwi_plan *plan, lw_value *values) {
    const size_t n = plan->graph->n_inputs, bytes = largest_input(c, n);
    void *zeros = NULL;
    if (!lwi_can_rehearse(plan, c->inputs) || has_loop(plan->graph) || has_strings(c, n)) return;
    if (lwi_zeros_map(bytes, &zeros) != LW_OK) return;
    for (size_t i = 0; i < n; i++)
        if (c->inputs[i]) values[i].data = zeros;
    lwi_rehearse(plan, c->inputs);
    lwi_zeros_unmap(zeros, bytes);
}

static bool has_open_sizes(const lwi_graph *g) {
    for (size_t i = 0; i < g->n_inputs; i++)
        for (int d = 0; d < g->slots[g->inputs[i]].type.rank; d++)
            if (g->slots[g->inputs[i]].type.dims[d] < 1) return true;
    return false;
}

/* The variant for the declared shapes, if they are fixed. */
static lw_status variant_ahead(lw_context *c, lw_value *values) {
    const lwi_graph *g = c->model->network.graph;
    lw_context *variant = NULL;
    lw_io *inputs = NULL;
    if (has_open_sizes(g)) return LW_OK;
    LW_TRY(lwi_alloc_array(&c->allocator, g->n_inputs, sizeof *inputs, &inputs));
    for (size_t i = 0; i < g->n_inputs; i++)
        inputs[i] = (lw_io){g->slots[g->inputs[i]].name, &values[i]};
    const lw_status status =
        g->n_inputs ? lwi_context_variant(c, inputs, g->n_inputs, &variant) : LW_OK;
    lwi_free(&c->allocator, inputs);
    return status;
}

static lw_status plan_ahead(lw_context *c, lw_value *values) {
    lwi_plan *plan = NULL;
    if (!guess_inputs(c, values)) return LW_OK;
    if (c->model->network.maker) return variant_ahead(c, values);
    LW_TRY(lwi_context_plan(c, c->inputs, c->wanted, true, &plan));
    if (plan->waits) return LW_OK;
    LW_TRY(lwi_touch_arena(plan));
    rehearse(c, plan, values);
    return LW_OK;
}

void lwi_context_plan_ahead(lw_context *c) {
    if (has_open_sizes(c->model->network.graph) && (c->plugin || lwi_context_waits(c)))
        return; /* it takes long to compile; or nothing would be packed */
    const size_t n = c->model->network.graph->n_inputs;
    lw_value *values = NULL;
    lw_status status = lwi_alloc_array(&c->allocator, n, sizeof *values, &values);
    if (status == LW_OK) status = plan_ahead(c, values);
    lwi_free(&c->allocator, values);
    lwi_scratch_settle(&c->stack);
    if (status != LW_OK)
        lwi_context_forget_plans(c); /* a run with true inputs says what is wrong */
}
