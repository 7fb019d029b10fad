/* SPDX-License-Identifier: MIT
 * Nodes that are computed when a plan is made, because all they depend on is known then: Shape and
 * what is made from it, and weights that a model puts together from other constants. */
#include "run/planner.h"

#include "graph/align.h"
#include "ops/known.h"

#include <string.h>

/* What is made from constants is kept if it is not much more than they are. Tables of positions and
 * filters are made from next to nothing: they are kept as well if they are not large. */
enum { MOST_GROWTH = 4, SMALL_GROWTH = 1 << 16, LARGE_TABLE = 1 << 21, ALL_TABLES = 1 << 26 };

static bool is_of_model(const lw_value *v) {
    return v->kind == LW_KIND_TENSOR && v->fixed >= LWI_FIXED_MODEL;
}

/* The result is the same in every plan. */
static bool all_of_model(const lwi_call *c) {
    size_t n = 0;
    for (size_t i = 0; i < c->n_in; i++) {
        if (c->in[i] && !is_of_model(c->in[i])) return false;
        n += c->in[i] != NULL;
    }
    return n > 0;
}

static void fix_outputs(lwi_planner *p, const lwi_call *c, lwi_fixed fixed) {
    for (size_t k = 0; k < c->n_out; k++) {
        if (!c->out[k]) continue;
        c->out[k]->fixed = (uint8_t)fixed;
        if (fixed != LWI_FIXED_PLAN) c->out[k]->origin = &p->graph->slots[c->node->outputs[k]];
    }
}

/* A constant in another shape is a constant. */
static bool know_view(lwi_planner *p, const lwi_call *c) {
    const lw_value *in = c->in[0];
    lw_value *out = c->out[0];
    if (!(c->node->op->op->flags & LWI_VIEW) || !c->declared[0] || !out) return false;
    if (in->fixed == LWI_VARIES || !in->data || in->bytes != out->bytes) return false;
    out->data = in->data;
    out->fixed = in->fixed;
    out->origin = in->origin;
    lwi_passing_share(&p->passing, c->node->inputs[0], c->node->outputs[0]);
    lwi_passing_done(&p->passing, c->node);
    return true;
}

/* -------------------------------------------------- made from constants */

static bool has_subgraph(const lwi_node *node) {
    for (size_t a = 0; a < node->n_attrs; a++)
        if (node->attrs[a].kind == LWI_ATTR_GRAPH) return true;
    return false;
}

static bool may_grow(lwi_planner *p, size_t in, size_t out) {
    if (out / MOST_GROWTH <= in) return true;
    if (out > LARGE_TABLE || p->grown + out > ALL_TABLES) return false;
    p->grown += out;
    return true;
}

static bool can_derive(lwi_planner *p, const lwi_call *c) {
    size_t in = SMALL_GROWTH / MOST_GROWTH, out = 0;
    const lwi_op *op = c->node->op->op;
    if (!op->infer || op->flags & LWI_RANDOM || has_subgraph(c->node) || !all_of_model(c))
        return false;
    for (size_t i = 0; i < c->n_in; i++)
        if (c->in[i]) in += c->in[i]->bytes;
    for (size_t k = 0; k < c->n_out; k++) {
        if (!c->out[k]) continue;
        if (!c->declared[k] || c->out[k]->dtype == LW_STRING) return false;
        out += c->out[k]->bytes;
    }
    return may_grow(p, in, out);
}

/* copies[i]: the copy's data, NULL if input i is aligned as it is. */
static lw_status align_inputs(lwi_planner *p, const lwi_call *c, const lw_value **in,
                              void **copies) {
    for (size_t i = 0; i < c->n_in; i++) {
        lw_value *copy = NULL;
        in[i] = c->in[i];
        if (!in[i] || lwi_is_aligned(in[i])) continue;
        LW_TRY(lwi_arena_copy(&p->passing.small, in[i], sizeof *copy, &copy));
        LW_TRY(lwi_pool_share(&p->passing.pool, in[i]->bytes, &copies[i]));
        copy->data = memcpy(copies[i], in[i]->data, in[i]->bytes);
        in[i] = copy;
    }
    return LW_OK;
}

static lw_status passing_output(void *state, lw_value *value) {
    (void)state;
    return lwi_fail(LW_INTERNAL, "an output of %zu bytes was not declared", value->bytes);
}

static lw_status compute(lwi_planner *p, const lwi_call *c, const lw_value **in, void **copies) {
    lwi_host host = p->host;
    host.output = passing_output;
    LW_TRY(align_inputs(p, c, in, copies));
    for (size_t k = 0; k < c->n_out; k++)
        if (c->out[k])
            LW_TRY(lwi_passing_alloc(&p->passing, p->needed, c->node->outputs[k], c->out[k]->bytes,
                                     &c->out[k]->data));
    lwi_call call = *c;
    call.in = in;
    call.host = &host;
    return lwi_call_run(&call, NULL);
}

static lw_status derive(lwi_planner *p, const lwi_call *c) {
    const lw_value **in = NULL;
    void **copies = NULL;
    LW_TRY(lwi_arena_alloc(&p->passing.small, c->n_in, sizeof *in, &in));
    LW_TRY(lwi_arena_alloc(&p->passing.small, c->n_in, sizeof *copies, &copies));
    const lw_status status = compute(p, c, in, copies);
    for (size_t i = 0; i < c->n_in; i++)
        if (copies[i]) lwi_pool_put(&p->passing.pool, copies[i]);
    return status;
}

static bool are_plain(const lwi_call *c) {
    for (size_t k = 0; k < c->n_out; k++)
        if (c->out[k] && (c->out[k]->kind != LW_KIND_TENSOR || c->out[k]->storage)) return false;
    return true;
}

static bool know_derived(lwi_planner *p, const lwi_call *c) {
    if (!can_derive(p, c)) return false;
    const bool derived = derive(p, c) == LW_OK && are_plain(c);
    for (size_t k = 0; k < c->n_out && !derived; k++)
        if (c->out[k]) lwi_value_clear(c->out[k]);
    for (size_t i = 0; i < c->n_in && derived; i++)
        if (c->in[i])
            lwi_network_forget(&p->context->model->network, c->in[i]->data, c->in[i]->bytes);
    if (derived) lwi_passing_done(&p->passing, c->node);
    return derived;
}

bool lwi_plan_know(lwi_planner *p, lwi_call *call) {
    if (know_view(p, call)) return true;
    if (lwi_know(call, &p->plan->memory)) {
        fix_outputs(p, call, all_of_model(call) ? LWI_FIXED_MODEL : LWI_FIXED_PLAN);
        return true;
    }
    if (p->shapes || !know_derived(p, call)) return false; /* its memory would be gone */
    fix_outputs(p, call, LWI_FIXED_PASSING);
    return true;
}
