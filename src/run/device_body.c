/* SPDX-License-Identifier: MIT
 * Bodies of If, Loop and Scan on a device: what they are given and give lies where the graph around
 * them has it, or in blocks of the pool. */
#include "run/device_values.h"

#include <string.h>

/* What kernels with maps and libraries want of an address. */
static lw_status align(lw_context *c, lw_value *v) {
    lw_value copy = *v;
    if (lwi_device_offset(v) % LWI_DEVICE_MAP_ALIGN == 0) return LW_OK;
    LW_TRY(lwi_device_make_room(c, &copy));
    const lw_status status = lwi_device_copy_value(c, v, &copy);
    lwi_remote_release(v->remote);
    v->remote = copy.remote;
    v->remote_at = 0;
    return status;
}

static void bind(lwi_plan *plan, int slot, const lw_value *v) {
    lwi_device_bound *b = &plan->device->bound[slot];
    *b = (lwi_device_bound){NULL, 0};
    if (v->remote) *b = (lwi_device_bound){v->remote->handle, lwi_device_offset(v)};
}

static lw_status bind_given(lwi_plan *plan, int slot, lw_value *v) {
    const uint8_t needs = plan->device->needs[slot];
    if (needs & LWI_ON_DEVICE) {
        LW_TRY(lwi_device_send(plan->context, v));
        LW_TRY(align(plan->context, v));
        bind(plan, slot, v);
    }
    return needs & LWI_ON_HOST ? lwi_device_bring(plan->context, v) : LW_OK;
}

lw_status lwi_device_bind_givens(lwi_plan *plan, const lw_value *const *givens) {
    const lwi_graph *g = plan->graph;
    for (size_t i = 0; i < g->n_inputs + g->n_captures; i++) {
        const int slot = lwi_given_slot(g, i);
        if (givens[i] && plan->places[slot] == LWI_PLACE_INPUT && givens[i]->bytes &&
            lwi_device_may_have(givens[i]))
            LW_TRY(bind_given(plan, slot, (lw_value *)givens[i]));
    }
    return LW_OK;
}

/* --------------------------------------------------------------------- outputs */

static lw_status make_output(lwi_plan *plan, int slot, lw_value **made) {
    const lw_value *like = &plan->values[slot];
    const uint8_t needs = plan->device->needs[slot];
    lw_context *c = plan->context;
    if (needs & LWI_ON_HOST || !like->bytes)
        LW_TRY(lwi_tensor_make(&c->in_pool, like->dtype, like->rank, like->dims, made));
    else LW_TRY(lwi_device_make_like(c, like, made));
    return needs & LWI_ON_DEVICE ? lwi_device_make_room(c, *made) : LW_OK;
}

lw_status lwi_device_open_output(lwi_plan *plan, lw_value **outputs, size_t i) {
    const int slot = plan->graph->outputs[i];
    if (!outputs[i]) LW_TRY(make_output(plan, slot, &outputs[i]));
    bind(plan, slot, outputs[i]);
    return LW_OK;
}

/* Only what is valid stays. */
static void leave(lw_value *v, uint8_t sides) {
    if (!(sides & LWI_ON_HOST)) {
        lwi_storage_release(v->storage);
        v->storage = NULL;
        v->data = NULL;
    }
    if (sides & LWI_ON_DEVICE) return;
    lwi_remote_release(v->remote);
    v->remote = NULL;
}

lw_status lwi_device_end_output(lwi_plan *plan, lw_value **outputs, size_t i) {
    const uint8_t sides = plan->device->ends[plan->graph->outputs[i]];
    lw_value *v = outputs[i];
    lw_context *c = plan->context;
    if (!v->bytes) return LW_OK;
    if (plan->made[i]) leave(v, sides);
    else if (!(sides & LWI_ON_DEVICE))
        return c->device->api->upload(c->device, v->remote->handle, lwi_device_offset(v), v->data,
                                      v->bytes);
    return LW_OK;
}

static lw_status give(lwi_plan *plan, const lw_value *v, lw_value **output) {
    lwi_call call = {.host = &plan->context->host, .state = plan};
    if (!*output) return lwi_keep(&call, v, output);
    if (!v->bytes) return LW_OK;
    LW_TRY(lwi_device_send(plan->context, (lw_value *)v));
    return lwi_device_copy_value(plan->context, v, *output);
}

lw_status lwi_device_give_output(lwi_plan *plan, lw_value **outputs, size_t i) {
    const int slot = plan->graph->outputs[i];
    const lw_value *v = NULL;
    lw_value room;
    LW_TRY(lwi_device_show(plan, slot, &room, &v));
    if (!v)
        return lwi_fail(LW_INVALID, "subgraph '%s': output '%s' has no value", plan->graph->name,
                        plan->graph->slots[slot].name);
    const lw_status status = give(plan, v, &outputs[i]);
    lwi_device_hide(&room, v);
    return status;
}

/* -------------------------------------------------------------------- branches */

/* The place of output k in the plan around the branch. */
static void show_output(const lwi_plan *outer, int slot, lwi_remote *r, lw_value *shown) {
    const int root = outer->roots[slot];
    const lwi_device_bound *b = &outer->device->bound[root];
    memcpy(shown, &outer->values[slot], sizeof *shown);
    if (!shown->bytes) return;
    *r = (lwi_remote){.handle = b->handle ? b->handle : lwi_device_block_of(outer, root),
                      .offset = (b->handle ? b->offset : outer->device->places[root]) +
                                outer->within[slot],
                      .bytes = shown->bytes,
                      .host = shown->data,
                      .here = true,
                      .there = true};
    shown->remote = r;
}

static lw_status run_branch(lwi_call *c, lwi_plan *branch, const lw_value **givens,
                            lw_value *rooms) {
    const lwi_graph *g = branch->graph;
    lw_value **outputs = NULL, *shown = NULL;
    lwi_remote *remotes = NULL;
    LW_TRY(lwi_scratch(c, g->n_outputs, sizeof *outputs, &outputs));
    LW_TRY(lwi_scratch(c, c->n_out, sizeof *shown, &shown));
    LW_TRY(lwi_scratch(c, c->n_out, sizeof *remotes, &remotes));
    for (size_t i = 0; i < g->n_captures; i++)
        LW_TRY(lwi_device_show(branch->outer, g->captures[i].outer, &rooms[i],
                               &givens[g->n_inputs + i]));
    for (size_t k = 0; k < g->n_outputs; k++) {
        const int slot = k < c->n_out ? c->node->outputs[k] : -1;
        outputs[k] = slot >= 0 ? &shown[k] : NULL;
        if (slot >= 0) show_output(branch->outer, slot, &remotes[k], &shown[k]);
    }
    const lw_status status = lwi_execute(branch, givens, outputs);
    for (size_t k = 0; k < c->n_out; k++)
        if (c->node->outputs[k] < 0) lwi_value_release(outputs[k]);
    return status;
}

lw_status lwi_device_run_branch(lwi_call *c, lwi_plan *branch) {
    const lwi_graph *g = branch->graph;
    const size_t n = g->n_inputs + g->n_captures;
    const lw_value **givens = NULL;
    lw_value *rooms = NULL;
    LW_TRY(lwi_scratch(c, n, sizeof *givens, &givens));
    LW_TRY(lwi_scratch(c, g->n_captures, sizeof *rooms, &rooms));
    for (size_t i = 0; i < n; i++)
        givens[i] = NULL;
    const lw_status status = run_branch(c, branch, givens, rooms);
    for (size_t i = 0; i < g->n_captures; i++)
        lwi_device_hide(&rooms[i], givens[g->n_inputs + i]);
    return status;
}
