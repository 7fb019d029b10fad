/* SPDX-License-Identifier: MIT
 * A network of float16 or bfloat16 is float32 when it has gone through the passes, so that they
 * know one type. A device with units for products of the 16-bit type computes with that
 * nevertheless: values that only the device sees are 16-bit numbers there, at the beginnings of
 * their places. What the processor sees, gives or gets is float32 as before, so that a node that
 * falls back to it, or is late, needs to know nothing of this. A value stays float32 on the device
 * too where it was so in the file, or where a kernel that reads or makes it has no form for 16
 * bits. */
#include "run/plan_device.h"

#include <string.h>

lw_dtype lwi_plan_narrow_type(const lw_context *c) {
    const lw_dtype floats = c->model->network.floats;
    const bool has = (floats == LW_FLOAT16 && c->device->multiplies_f16) ||
                     (floats == LW_BFLOAT16 && c->device->multiplies_bf16);
    return has ? floats : LW_DTYPE_NONE;
}

typedef struct narrowing {
    lwi_planner *planner;
    lwi_plan *plan;
    lwi_device_plan *device;
    bool changed;
    /* Claims and widenings are counted together: when each value was widened, when each call was
     * claimed last; 0: never. */
    size_t count, *widened /* [slots] */, *claimed /* [steps] */;
} narrowing;

static bool is_on_device(const lwi_step *step) { return step->device && step->device->launches; }

static bool is_narrow(const narrowing *n, int slot) {
    return slot >= 0 && n->device->narrow[n->plan->roots[slot]];
}

static void widen(void *arg, int slot) {
    narrowing *n = arg;
    if (!is_narrow(n, slot)) return;
    n->device->narrow[n->plan->roots[slot]] = false;
    n->widened[n->plan->roots[slot]] = ++n->count;
    n->changed = true;
}

static void widen_outputs(narrowing *n, const lwi_node *node) {
    for (size_t k = 0; k < node->n_outputs; k++)
        if (node->outputs[k] >= 0) widen(n, node->outputs[k]);
}

static void widen_all(narrowing *n, const lwi_node *node) {
    lwi_node_each_read(node, widen, n);
    widen_outputs(n, node);
}

/* All that lies in the arena, but for what has to be float32. */
static void begin(narrowing *n) {
    const lwi_plan *plan = n->plan;
    const lwi_graph *g = plan->graph;
    for (size_t s = 0; s < g->n_slots; s++)
        n->device->narrow[s] = plan->places[s] == LWI_PLACE_ARENA;
    for (size_t s = 0; s < g->n_slots; s++)
        if (plan->places[s] != LWI_PLACE_NONE &&
            (plan->values[s].dtype != LW_FLOAT32 || g->slots[s].wide))
            widen(n, (int)s);
    for (size_t i = 0; i < g->n_outputs; i++)
        if (plan->wanted[i]) widen(n, g->outputs[i]);
    for (size_t i = 0; i < plan->n_steps; i++)
        if (!is_on_device(&plan->steps[i])) widen_all(n, plan->steps[i].call.node);
}

/* What only moves elements moves those of one width. */
static void keep_moved(narrowing *n, const lwi_node *node) {
    if (strcmp(node->op_type, "Transpose") != 0 || is_narrow(n, node->inputs[0])) return;
    if (n->plan->places[n->plan->roots[node->inputs[0]]] == LWI_PLACE_ARENA) widen_outputs(n, node);
}

static bool overlap(const lwi_plan *plan, int a, int b) {
    return plan->offsets[a] < plan->offsets[b] + plan->values[b].bytes &&
           plan->offsets[b] < plan->offsets[a] + plan->values[a].bytes;
}

/* An output that is made where an input lies has its width: elements are done in any order. */
static void keep_in_place(narrowing *n, const lwi_node *node) {
    const lwi_plan *plan = n->plan;
    for (size_t k = 0; k < node->n_outputs; k++)
        for (size_t i = 0; i < node->n_inputs; i++) {
            if (node->outputs[k] < 0 || node->inputs[i] < 0) continue;
            const int y = plan->roots[node->outputs[k]], x = plan->roots[node->inputs[i]];
            if (x == y || plan->places[x] != LWI_PLACE_ARENA ||
                plan->places[y] != LWI_PLACE_ARENA || is_narrow(n, x) == is_narrow(n, y) ||
                !overlap(plan, x, y))
                continue;
            widen(n, x);
            widen(n, y);
        }
}

/* ------------------------------------------------------------------- calls */

static lw_status show(narrowing *n, const lw_value *value, const lw_value **shown) {
    lw_value *v = NULL;
    LW_TRY(lwi_arena_alloc(&n->planner->passing.small, 1, sizeof *v, &v));
    memcpy(v, value, sizeof *v);
    v->dtype = n->device->narrow_type;
    v->bytes = value->count * lwi_dtype_size(v->dtype);
    *shown = v;
    return LW_OK;
}

static bool touches(const narrowing *n, const lwi_node *node) {
    bool any = false;
    for (size_t i = 0; i < node->n_inputs; i++)
        any = any || is_narrow(n, node->inputs[i]);
    for (size_t k = 0; k < node->n_outputs; k++)
        any = any || is_narrow(n, node->outputs[k]);
    return any;
}

/* The call as the device sees it. */
static lw_status show_call(narrowing *n, const lwi_call *call, lwi_call *shown) {
    const lw_value **in = NULL, *out = NULL;
    *shown = *call;
    if (!touches(n, call->node)) return LW_OK;
    LW_TRY(lwi_arena_alloc(&n->planner->passing.small, call->n_in + 1, sizeof *in, &in));
    LW_TRY(lwi_arena_alloc(&n->planner->passing.small, call->n_out + 1, sizeof *shown->out,
                           &shown->out));
    for (size_t i = 0; i < call->n_in; i++) {
        in[i] = call->in[i];
        if (in[i] && is_narrow(n, call->node->inputs[i])) LW_TRY(show(n, call->in[i], &in[i]));
    }
    for (size_t k = 0; k < call->n_out; k++) {
        out = call->out[k];
        if (out && is_narrow(n, call->node->outputs[k])) LW_TRY(show(n, out, &out));
        shown->out[k] = (lw_value *)out;
    }
    shown->in = in;
    return LW_OK;
}

static lw_status claim(narrowing *n, lwi_step *step, bool for_good, bool *taken) {
    lwi_call shown;
    LW_TRY(show_call(n, &step->call, &shown));
    return lwi_plan_claim(n->planner, &shown, for_good, step, taken);
}

static bool was_widened(const narrowing *n, int slot, size_t since) {
    return slot >= 0 && n->widened[n->plan->roots[slot]] > since;
}

/* Whether the call has changed since it was claimed last. */
static bool is_new(const narrowing *n, size_t step) {
    const lwi_node *node = n->plan->steps[step].call.node;
    const size_t since = n->claimed[step];
    bool any = since == 0;
    for (size_t i = 0; i < node->n_inputs; i++)
        any = any || was_widened(n, node->inputs[i], since);
    for (size_t k = 0; k < node->n_outputs; k++)
        any = any || was_widened(n, node->outputs[k], since);
    return any;
}

/* Whether values of the call that were float32 have two types now. Constants are apart, but for a
 * first input: most kernels take its type for the output's. */
static bool is_mixed(const narrowing *n, const lwi_step *step) {
    const lwi_plan *plan = n->plan;
    const lwi_node *node = step->call.node;
    bool narrow = false, wide = false;
    for (size_t i = 0; i < node->n_inputs + node->n_outputs; i++) {
        const int slot = i < node->n_inputs ? node->inputs[i] : node->outputs[i - node->n_inputs];
        if (slot < 0 || plan->values[slot].dtype != LW_FLOAT32 ||
            (plan->places[plan->roots[slot]] == LWI_PLACE_KNOWN &&
             (i > 0 || step->device->alike)) ||
            plan->places[plan->roots[slot]] == LWI_PLACE_NONE)
            continue;
        narrow = narrow || is_narrow(n, slot);
        wide = wide || !is_narrow(n, slot);
    }
    return narrow && wide;
}

/* Until each call has a kernel. */
static lw_status settle(narrowing *n) {
    lwi_plan *plan = n->plan;
    do {
        n->changed = false;
        for (size_t i = 0; i < plan->n_steps; i++) {
            lwi_step *step = &plan->steps[i];
            bool taken = true;
            if (!is_on_device(step) || !touches(n, step->call.node)) continue;
            keep_moved(n, step->call.node);
            keep_in_place(n, step->call.node);
            if (!is_new(n, i)) continue;
            LW_TRY(claim(n, step, false, &taken));
            n->claimed[i] = ++n->count;
            if (!taken || (!step->device->mixes && is_mixed(n, step)))
                widen_all(n, step->call.node);
        }
    } while (n->changed);
    return LW_OK;
}

lw_status lwi_plan_narrow(lwi_planner *p) {
    lwi_device_plan *d = p->plan->device;
    narrowing n = {.planner = p, .plan = p->plan, .device = d};
    if (d->narrow_type == LW_DTYPE_NONE) return LW_OK;
    LW_TRY(lwi_arena_alloc(&p->passing.small, p->graph->n_slots, sizeof *n.widened, &n.widened));
    LW_TRY(lwi_arena_alloc(&p->passing.small, p->plan->n_steps, sizeof *n.claimed, &n.claimed));
    begin(&n);
    LW_TRY(settle(&n));
    for (size_t i = 0; i < p->plan->n_steps; i++) {
        bool taken = false;
        if (is_on_device(&p->plan->steps[i])) LW_TRY(claim(&n, &p->plan->steps[i], true, &taken));
    }
    return LW_OK;
}
