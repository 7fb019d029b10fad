/* SPDX-License-Identifier: MIT */
#include "run/plan_device.h"

#include "ops/registry.h"
#include "run/device_memory.h"
#include "run/device_values.h"
#include "tensor/convert.h"

#include <string.h>

enum { ON_HOST = LWI_ON_HOST, ON_DEVICE = LWI_ON_DEVICE };

/* ------------------------------------------------------------------- memory */

static lw_status keep(void *arg, const void *data, size_t bytes, lwi_device_memory *memory) {
    lwi_plan *plan = arg;
    lwi_device_plan *d = plan->device;
    lwi_device *device = plan->context->device;
    LW_TRY(lwi_arena_grow(&plan->memory, &d->kept, &d->cap_kept, d->n_kept + 1, sizeof *d->kept));
    LW_TRY(lwi_device_take(plan->context, "a constant of a node", "", bytes, memory));
    d->kept[d->n_kept++] = *memory;
    return device->api->upload(device, memory->handle, 0, data, bytes);
}

void lwi_plan_device_free(lwi_plan *plan) {
    for (size_t i = 0; plan->device && i < plan->device->n_pieces; i++)
        lwi_device_forget(plan->context->device, &plan->device->pieces[i]);
    for (size_t i = 0; plan->device && i < plan->device->n_kept; i++)
        lwi_device_give(plan->context, &plan->device->kept[i]);
    if (!plan->device) return;
    lwi_device_free_marks(plan);
    lwi_arena_free(&plan->device->late);
}

static bool find_there(const lw_context *c, const void *data, size_t bytes,
                       lwi_device_memory *memory) {
    for (size_t i = 0; i < c->n_constants; i++)
        if (c->constants[i].data == data && c->constants[i].memory.bytes == bytes) {
            *memory = c->constants[i].memory;
            return true;
        }
    return false;
}

/* What is made of data that the context finds by `data` later. waits: data is all of it, and stays;
 * it goes to the device when a step reads it first. */
static lw_status keep_for_context(lw_context *c, const char *name, const void *data,
                                  const void *made, size_t bytes, bool waits,
                                  lwi_device_memory *memory) {
    LW_TRY(lwi_grow(&c->allocator, &c->constants, &c->cap_constants, c->n_constants + 1,
                    sizeof *c->constants));
    LW_TRY(lwi_device_take(c, "the constant ", name, bytes, memory));
    c->constants[c->n_constants++] = (lwi_device_constant){data, *memory, waits};
    return waits ? LW_OK : c->device->api->upload(c->device, memory->handle, 0, made, bytes);
}

lw_status lwi_device_keep_table(lwi_plan *plan, const void *data, size_t bytes,
                                lwi_device_memory *memory) {
    lw_context *c = plan->context;
    if (find_there(c, data, bytes, memory)) return LW_OK;
    return keep_for_context(c, "of kernels", data, data, bytes, false, memory);
}

static lw_status keep_table(void *arg, const void *data, size_t bytes, lwi_device_memory *memory) {
    return lwi_device_keep_table(arg, data, bytes, memory);
}

/* What is made of a constant's data, or those themselves. */
static lw_status bring(lwi_plan *plan, int slot, const void *made, size_t bytes,
                       lwi_device_memory *memory) {
    const lw_value *v = &plan->values[slot];
    if (v->fixed == LWI_FIXED_PLAN) return keep(plan, made, bytes, memory);
    const bool waits = made == v->data && v->fixed == LWI_FIXED_MODEL && lwi_device_can_wait(bytes);
    return keep_for_context(plan->context, plan->graph->slots[slot].name, v->data, made, bytes,
                            waits, memory);
}

/* The constant that lies there and has to be brought yet; NULL: it has not. */
static lwi_device_constant *find_waiting(const lw_context *c, const void *handle) {
    for (size_t i = 0; i < c->n_constants; i++)
        if (c->constants[i].memory.handle == handle && c->constants[i].waits)
            return &c->constants[i];
    return NULL;
}

/* A constant of the model or the plan: it is brought to the device once. */
static lw_status find_constant(lwi_plan *plan, int slot, lwi_device_memory *memory) {
    const lw_value *v = &plan->values[slot];
    if (v->fixed != LWI_FIXED_PLAN && find_there(plan->context, v->data, v->bytes, memory))
        return LW_OK;
    return bring(plan, slot, v->data, v->bytes, memory);
}

lw_status lwi_device_lend_constant(lwi_plan *plan, int slot) {
    lw_context *c = plan->context;
    lwi_remote *lent = &plan->device->lent[slot];
    lwi_device_memory memory = {NULL, 0};
    if (lent->there) return LW_OK;
    LW_TRY(find_constant(plan, slot, &memory));
    lwi_device_constant *waiting = find_waiting(c, memory.handle);
    if (waiting)
        LW_TRY(c->device->api->upload(c->device, memory.handle, 0, waiting->data, memory.bytes));
    if (waiting) waiting->waits = false;
    lent->handle = memory.handle;
    lent->there = true;
    return LW_OK;
}

/* What the constant was widened from, if that is of the type; -1: it was not. */
static int find_source(const lwi_plan *plan, int slot, lw_dtype type) {
    const lwi_graph *g = plan->graph;
    for (size_t i = 0; i < g->n_nodes; i++) {
        const lwi_node *node = &g->nodes[i];
        if (node->n_outputs != 1 || node->outputs[0] != slot || strcmp(node->op_type, "Cast") != 0)
            continue;
        const lw_value *from = &plan->values[node->inputs[0]];
        return from->dtype == type && from->data ? node->inputs[0] : -1;
    }
    return -1;
}

/* A constant of floats in another type of floats. */
static lw_status find_converted(lwi_plan *plan, int slot, lw_dtype type,
                                lwi_device_memory *memory) {
    lw_context *c = plan->context;
    const lw_value *v = &plan->values[slot];
    const int source = find_source(plan, slot, type);
    const size_t bytes = v->count * lwi_dtype_size(type);
    uint8_t *made = NULL;
    if (source >= 0) return find_constant(plan, source, memory);
    if (v->fixed != LWI_FIXED_PLAN && find_there(c, v->data, bytes, memory)) return LW_OK;
    LW_TRY(lwi_alloc_array(&c->allocator, bytes, 1, &made));
    lwi_convert(&lwi_convert_nearest, v->dtype, v->data, type, made, v->count);
    const lw_status status = bring(plan, slot, made, bytes, memory);
    lwi_free(&c->allocator, made);
    return status;
}

/* --------------------------------------------------------------------- nodes */

lw_status lwi_plan_device_open(lwi_planner *p) {
    lwi_arena *m = &p->plan->memory;
    const size_t n = p->graph->n_slots;
    lwi_device_plan *d = NULL;
    if (!p->context->device || p->shapes) return LW_OK;
    LW_TRY(lwi_arena_alloc(m, 1, sizeof *d, &d));
    lwi_arena_init(&d->late, &p->context->allocator);
    d->narrow_type = lwi_plan_narrow_type(p->context);
    p->plan->device = d;
    LW_TRY(lwi_arena_alloc(m, n, sizeof *d->narrow, &d->narrow));
    LW_TRY(lwi_arena_alloc(m, n, sizeof *d->lent, &d->lent));
    LW_TRY(lwi_arena_alloc(m, n, sizeof *d->bound, &d->bound));
    LW_TRY(lwi_arena_alloc(m, n, sizeof *d->needs, &d->needs));
    LW_TRY(lwi_arena_alloc(m, n, sizeof *d->ends, &d->ends));
    LW_TRY(lwi_arena_alloc(m, n, sizeof *d->few, &d->few));
    return lwi_arena_alloc(m, n, sizeof *d->places, &d->places);
}

static lw_status check_mistakes(lwi_plan *plan) {
    plan->device->checks = true;
    return lwi_device_open_mistake(plan->context);
}

/* Constants that a kernel may want in another form must be readable now. */
static lw_status settle_constants(lwi_planner *p, const lwi_node *node) {
    for (size_t i = 0; i < node->n_inputs; i++)
        if (node->inputs[i] >= 0) LW_TRY(lwi_plan_settle(p, node->inputs[i]));
    return LW_OK;
}

/* How many inputs a kernel wants in one type: all of those whose elements it copies, and the
 * numbers of a product. */
static size_t count_alike(const lwi_call *call) {
    const char *name = call->node->op_type;
    if (lwi_gpu_copies_elements(call)) return call->n_in;
    if (!strcmp(name, "Attention") && *call->node->op->domain) return 3;
    return !strcmp(name, "MatMul") || !strcmp(name, "Gemm") ? 3 : 0;
}

/* Which type that is. */
static lw_dtype find_type(const lwi_call *call) {
    if (!lwi_gpu_copies_elements(call)) return call->in[0]->dtype;
    return call->out[0] ? call->out[0]->dtype : LW_DTYPE_NONE;
}

static bool is_float(lw_dtype type) {
    return type == LW_FLOAT32 || type == LW_FLOAT16 || type == LW_BFLOAT16;
}

/* Whether an input is a constant that is brought to the device in the type. */
static bool is_converted(const lwi_plan *plan, int slot, lw_dtype type) {
    const lw_dtype own = slot >= 0 ? plan->values[slot].dtype : LW_DTYPE_NONE;
    return is_float(own) && is_float(type) && own != type &&
           plan->places[plan->roots[slot]] == LWI_PLACE_KNOWN;
}

/* Constants are shown in the type that the other inputs have. */
static lw_status show_alike(lwi_planner *p, const lwi_call *call, size_t n, lw_dtype type,
                            lwi_call *shown) {
    const lw_value **in = NULL;
    *shown = *call;
    if (n == 0) return LW_OK;
    LW_TRY(lwi_arena_alloc(&p->passing.small, call->n_in + 1, sizeof *in, &in));
    memcpy(in, call->in, call->n_in * sizeof *in);
    for (size_t i = 0; i < call->n_in && i < n; i++) {
        lw_value *v = NULL;
        if (!in[i] || !is_converted(p->plan, call->node->inputs[i], type)) continue;
        LW_TRY(lwi_arena_alloc(&p->passing.small, 1, sizeof *v, &v));
        memcpy(v, in[i], sizeof *v);
        v->dtype = type;
        v->bytes = v->count * lwi_dtype_size(v->dtype);
        v->data = NULL;
        in[i] = v;
    }
    shown->in = in;
    return LW_OK;
}

lw_status lwi_plan_claim(lwi_planner *p, const lwi_call *call, bool for_good, lwi_step *step,
                         bool *taken) {
    lwi_plan *plan = p->plan;
    const char *reason = NULL;
    lwi_call shown;
    const size_t alike = count_alike(call);
    const lw_dtype type = alike ? find_type(call) : LW_DTYPE_NONE;
    int first = 0;
    LW_TRY(show_alike(p, call, alike, type, &shown));
    LW_TRY(lwi_device_number(p->context, plan->graph, &first));
    lwi_gpu_step s = {.device = p->context->device,
                      .memory = &plan->memory,
                      .keep = for_good ? keep : NULL,
                      .keep_table = for_good ? keep_table : NULL,
                      .arg = plan,
                      .node = first + (int)(call->node - plan->graph->nodes)};
    LW_TRY(lwi_gpu_claim(&shown, &s, taken));
    if (*taken && s.written && plan->outer) {
        *taken = false;
        LW_TRY(lwi_gpu_refuse(&s, "it writes to what is given to a body"));
    }
    if (!*taken && step->device) return LW_OK; /* it stays as it was */
    if (*taken && s.checks && for_good) LW_TRY(check_mistakes(plan));
    if (*taken && s.scratch > plan->device->scratch) plan->device->scratch = s.scratch;
    LW_TRY(lwi_arena_string(&plan->memory, s.reason, strlen(s.reason), &reason));
    if (!step->device)
        LW_TRY(lwi_arena_alloc(&plan->memory, 1, sizeof *step->device, &step->device));
    *step->device = (lwi_device_step){.launches = *taken ? s.launches : NULL,
                                      .n = s.n,
                                      .written = s.written,
                                      .mixes = s.mixes,
                                      .reason = reason,
                                      .alike = alike,
                                      .type = type};
    return LW_OK;
}

static bool is_numbers(const lw_value *v) {
    return !v || (v->kind == LW_KIND_TENSOR && v->dtype != LW_STRING);
}

/* Why a node is the processor's in any case, as arithmetic of shapes is: no device could run it.
 * NULL: one could. */
static const char *find_host_part(const lwi_call *c) {
    static const char *const draws[] = {"RandomNormal", "RandomNormalLike", "RandomUniform",
                                        "RandomUniformLike"};
    for (size_t i = 0; i < c->n_in; i++)
        if (!is_numbers(c->in[i])) return "strings, sequences and maps are the processor's";
    for (size_t k = 0; k < c->n_out; k++)
        if (!is_numbers(c->out[k])) return "strings, sequences and maps are the processor's";
    for (size_t i = 0; i < sizeof draws / sizeof *draws; i++)
        if (!strcmp(draws[i], c->node->op_type)) return "the processor draws random numbers";
    return NULL;
}

static lw_status leave_to_host(lwi_planner *p, const char *reason, lwi_step *step) {
    LW_TRY(lwi_arena_alloc(&p->plan->memory, 1, sizeof *step->device, &step->device));
    step->device->reason = reason;
    return LW_OK;
}

lw_status lwi_plan_shows(lwi_planner *p, lwi_step *step) {
    if (!p->plan->device) return LW_OK;
    LW_TRY(leave_to_host(p, "", step));
    step->device->shows = true;
    return LW_OK;
}

/* In a body, what counts its trips and says when it ends: a few integers that the processor has
 * made, or that are given. */
static bool is_of_shapes(const lwi_planner *p, const lwi_call *call) {
    const lwi_plan *plan = p->plan;
    bool any = false;
    for (size_t i = 0; i < call->n_in; i++) {
        const int slot = call->in[i] ? call->node->inputs[i] : -1;
        if (slot < 0) continue;
        const int place = plan->places[plan->roots[slot]];
        if (!lwi_device_is_few(call->in[i])) return false;
        if (place == LWI_PLACE_KNOWN) continue;
        any = true;
        if (place != LWI_PLACE_INPUT && !plan->device->few[plan->roots[slot]]) return false;
    }
    for (size_t k = 0; k < call->n_out; k++)
        if (call->out[k] && !lwi_device_is_few(call->out[k])) return false;
    return any && plan->outer;
}

static void mark_few(const lwi_planner *p, const lwi_call *call) {
    for (size_t k = 0; k < call->n_out; k++)
        if (call->out[k]) p->plan->device->few[call->node->outputs[k]] = true;
}

lw_status lwi_plan_on_device(lwi_planner *p, lwi_call *call, lwi_step *step, bool *taken) {
    const char *reason = find_host_part(call);
    *taken = false;
    if (!reason && is_of_shapes(p, call)) {
        mark_few(p, call);
        reason = "arithmetic of shapes is the processor's";
    }
    if (reason) return leave_to_host(p, reason, step);
    LW_TRY(settle_constants(p, call->node));
    const bool for_good = p->plan->device->narrow_type == LW_DTYPE_NONE;
    LW_TRY(lwi_plan_claim(p, call, for_good, step, taken));
    if (*taken || p->context->options.fallback) return LW_OK;
    return lwi_call_fail(call, LW_UNSUPPORTED, "%s cannot run it: %s", p->context->device->name,
                         step->device->reason);
}

/* --------------------------------------------------------------- kept inputs */

/* NULL: the value is no input whose contents stay on the device. */
static lwi_kept_input *find_kept(const lwi_plan *plan, int slot) {
    if (plan->outer) return NULL;
    for (size_t i = 0; i < plan->graph->n_inputs; i++)
        if (plan->graph->inputs[i] == slot && plan->context->kept_inputs[i].wanted)
            return &plan->context->kept_inputs[i];
    return NULL;
}

static lw_status open_kept(const lwi_plan *plan, int slot, lwi_device_memory *memory) {
    lwi_device *device = plan->context->device;
    const lw_value *v = &plan->values[slot];
    *memory = find_kept(plan, slot)->memory;
    if (memory->handle && memory->bytes == v->bytes) return LW_OK;
    return lwi_fail(LW_INVALID,
                    "input '%s' stays on %s with %zu bytes; it cannot be given with %zu",
                    plan->graph->slots[slot].name, device->name, memory->bytes, v->bytes);
}

static lw_status reserve_kept(lwi_plan *plan) {
    for (size_t i = 0; i < plan->graph->n_inputs; i++) {
        const int slot = plan->graph->inputs[i];
        lwi_kept_input *kept = find_kept(plan, slot);
        if (!kept || kept->memory.handle || plan->places[slot] != LWI_PLACE_INPUT) continue;
        LW_TRY(lwi_device_take(plan->context, "what stays there, ", plan->graph->slots[slot].name,
                               plan->values[slot].bytes, &kept->memory));
    }
    return LW_OK;
}

void *lwi_device_block_of(const lwi_plan *plan, int slot) {
    const lwi_kept_input *kept = find_kept(plan, slot);
    if (kept) return kept->memory.handle;
    return plan->depth < plan->context->cap_device_blocks
               ? plan->context->device_blocks[plan->depth].handle
               : NULL;
}

/* --------------------------------------------------------------------- moves */

typedef struct mover {
    lwi_planner *planner;
    lwi_plan *plan;
    uint8_t *valid; /* [slots], of roots */
    bool *late;     /* [slots] inputs that are brought beside kernels */
    size_t step;
    lw_status status;
} mover;

static void need(mover *m, int slot, int side) {
    lwi_plan *plan = m->plan;
    lwi_device_plan *d = plan->device;
    const int root = plan->roots[slot];
    const int place = plan->places[root];
    d->needs[root] |= (uint8_t)side;
    if (m->status != LW_OK || place == LWI_PLACE_NONE || place == LWI_PLACE_KNOWN ||
        m->valid[root] & side || !m->valid[root])
        return;
    m->status =
        lwi_arena_grow(&plan->memory, &d->moves, &d->cap_moves, d->n_moves + 1, sizeof *d->moves);
    if (m->status != LW_OK) return;
    d->moves[d->n_moves++] =
        (lwi_device_move){m->step, root, side == ON_DEVICE, m->late[root] && side == ON_DEVICE};
    m->valid[root] |= (uint8_t)side;
}

static void need_on_host(void *arg, int slot) { need(arg, slot, ON_HOST); }

/* What is a part of something else leaves the rest of it as it is. */
static void made(mover *m, const lwi_node *node, int side) {
    for (size_t k = 0; k < node->n_outputs; k++) {
        const int id = node->outputs[k];
        if (id < 0 || m->plan->places[m->plan->roots[id]] == LWI_PLACE_NONE) continue;
        const int root = m->plan->roots[id];
        if (root != id) need(m, id, side);
        m->valid[root] = (uint8_t)side;
        m->plan->device->needs[root] |= (uint8_t)side;
    }
}

/* An input that a step of the device writes to, or one that stays there: others may write to it
 * too. */
static bool may_be_written(const lwi_plan *plan, int root) {
    if (plan->places[root] != LWI_PLACE_INPUT) return false;
    for (size_t s = 0; s < plan->n_steps; s++) {
        const lwi_step *step = &plan->steps[s];
        if (step->device && step->device->launches && step->device->written &&
            plan->roots[step->call.node->inputs[step->device->written - 1]] == root)
            return true;
    }
    return find_kept(plan, root) != NULL;
}

static void see(void *arg, int slot) {
    mover *m = arg;
    lwi_device_plan *d = m->plan->device;
    const int root = m->plan->roots[slot];
    if (m->status != LW_OK || m->plan->places[root] == LWI_PLACE_NONE ||
        lwi_device_is_given(m->plan, root))
        return;
    m->status =
        lwi_arena_grow(&m->plan->memory, &d->seen, &d->cap_seen, d->n_seen + 1, sizeof *d->seen);
    if (m->status == LW_OK) d->seen[d->n_seen++] = (lwi_device_seen){root, m->valid[root]};
}

/* A place of a body's output is one where it is made: late nodes may want it on either side. */
static void see_for_late(void *arg, int slot) {
    mover *m = arg;
    const int root = m->plan->roots[slot];
    see(arg, slot);
    if (m->plan->places[root] == LWI_PLACE_OUTPUT)
        m->plan->device->needs[root] = ON_HOST | ON_DEVICE;
}

/* Others may write to it: it is read on this side. */
static void see_inputs(mover *m, const lwi_node *node, lwi_device_step *step) {
    for (size_t i = 0; i < node->n_inputs; i++) {
        if (node->inputs[i] < 0 || !may_be_written(m->plan, m->plan->roots[node->inputs[i]]))
            continue;
        need(m, node->inputs[i], ON_HOST);
        m->valid[m->plan->roots[node->inputs[i]]] = ON_HOST;
    }
    step->first_seen = m->plan->device->n_seen;
    lwi_node_each_read(node, see_for_late, m);
    step->n_seen = m->plan->device->n_seen - step->first_seen;
}

static void move_for_step(mover *m, const lwi_step *step) {
    const lwi_node *node = step->call.node;
    if (step->device && step->device->shows) {
        see_inputs(m, node, step->device);
        made(m, node, ON_DEVICE); /* by a branch; what late nodes make has no place */
        return;
    }
    const bool here = step->device && step->device->launches;
    for (size_t i = 0; i < node->n_inputs && here; i++)
        if (node->inputs[i] >= 0) need(m, node->inputs[i], ON_DEVICE);
    if (!here) lwi_node_each_read(node, need_on_host, m);
    for (size_t i = 0; i < node->n_inputs && !here; i++)
        if (node->inputs[i] >= 0 && may_be_written(m->plan, m->plan->roots[node->inputs[i]]))
            m->valid[m->plan->roots[node->inputs[i]]] = ON_HOST;
    if (here && step->device->written)
        m->valid[m->plan->roots[node->inputs[step->device->written - 1]]] = ON_DEVICE;
    made(m, node, here ? ON_DEVICE : ON_HOST);
}

/* Where inputs must be when the run ends, in case it has written to them. */
static void return_inputs(mover *m) {
    for (size_t i = 0; i < m->plan->graph->n_inputs; i++) {
        const int slot = m->plan->graph->inputs[i];
        need(m, slot, find_kept(m->plan, slot) ? ON_DEVICE : ON_HOST);
    }
}

/* A large input that a step reads first when many have been launched comes while they run; one that
 * is written to is there from the beginning. */
static bool comes_late(mover *m, int root, size_t step) {
    const lwi_plan *plan = m->plan;
    if (plan->outer || m->valid[root] & ON_DEVICE) return false;
    if (m->late[root]) return true;
    m->late[root] =
        lwi_device_is_worth(plan, plan->values[root].bytes, 0, step) && !may_be_written(plan, root);
    return m->late[root];
}

/* What is given is there when the run begins: moved then, it does not stand between launches. */
static void move_givens(mover *m) {
    for (size_t s = 0; s < m->plan->n_steps; s++) {
        const lwi_step *step = &m->plan->steps[s];
        const lwi_node *node = step->call.node;
        for (size_t i = 0; i < node->n_inputs && step->device && step->device->launches; i++) {
            const int id = node->inputs[i];
            const int root = id >= 0 ? m->plan->roots[id] : -1;
            if (root >= 0 && m->plan->places[root] == LWI_PLACE_INPUT && !comes_late(m, root, s))
                need(m, id, ON_DEVICE);
        }
    }
}

/* What a body makes stays where it is. */
static void end_body(mover *m) {
    const lwi_graph *g = m->plan->graph;
    lwi_device_plan *d = m->plan->device;
    d->first_end = d->n_seen;
    for (size_t i = 0; i < g->n_outputs; i++) {
        if (!m->plan->wanted[i]) continue;
        const int root = m->plan->roots[g->outputs[i]];
        see(m, g->outputs[i]);
        if (m->plan->places[root] == LWI_PLACE_OUTPUT &&
            (root != g->outputs[i] || m->plan->offsets[root] != i))
            d->needs[root] |= ON_DEVICE; /* it is copied from there */
        d->ends[m->plan->roots[g->outputs[i]]] = m->valid[m->plan->roots[g->outputs[i]]];
    }
    d->n_end = d->n_seen - d->first_end;
}

static lw_status find_moves(lwi_planner *p) {
    const lwi_graph *g = p->graph;
    mover m = {.planner = p, .plan = p->plan};
    LW_TRY(lwi_arena_alloc(&p->plan->memory, g->n_slots, sizeof *m.valid, &m.valid));
    LW_TRY(lwi_arena_alloc(&p->plan->memory, g->n_slots, sizeof *m.late, &m.late));
    for (size_t s = 0; s < g->n_slots; s++)
        if (p->plan->places[s] == LWI_PLACE_INPUT)
            m.valid[s] = p->plan->outer               ? ON_HOST | ON_DEVICE
                         : find_kept(p->plan, (int)s) ? ON_DEVICE
                                                      : ON_HOST;
    move_givens(&m);
    for (; m.step < p->plan->n_steps; m.step++)
        move_for_step(&m, &p->plan->steps[m.step]);
    if (p->plan->outer) {
        end_body(&m);
        return m.status;
    }
    for (size_t i = 0; i < g->n_outputs; i++)
        if (p->plan->wanted[i]) need(&m, g->outputs[i], ON_HOST);
    return_inputs(&m);
    return m.status;
}

/* -------------------------------------------------------------------- places */

static void place_values(lwi_plan *plan) {
    lwi_device_plan *d = plan->device;
    d->bytes = plan->arena_bytes;
    for (size_t s = 0; s < plan->graph->n_slots; s++) {
        const int place = plan->places[s];
        if (place == LWI_PLACE_ARENA) d->places[s] = plan->offsets[s];
        if (place != LWI_PLACE_INPUT && place != LWI_PLACE_OUTPUT) continue;
        if (plan->outer || find_kept(plan, (int)s)) continue;
        d->places[s] = d->bytes;
        d->bytes += (plan->values[s].bytes + LWI_ALIGN) & ~(size_t)(LWI_ALIGN - 1);
    }
    d->scratch_place =
        (d->bytes + LWI_DEVICE_SCRATCH_ALIGN) & ~(size_t)(LWI_DEVICE_SCRATCH_ALIGN - 1);
    if (d->scratch) d->bytes = d->scratch_place + d->scratch;
}

/* Where in its root a value begins on the device, in bytes. */
static size_t within(const lwi_plan *plan, int slot) {
    return plan->device->narrow[plan->roots[slot]] ? plan->within[slot] / 2 : plan->within[slot];
}

size_t lwi_device_place(const lwi_plan *plan, int slot) {
    return plan->device->places[plan->roots[slot]] + within(plan, slot);
}

/* What is given to a body and what it makes lies elsewhere in each run. */
static bool is_bound(const lwi_plan *plan, int root) {
    return plan->outer &&
           (plan->places[root] == LWI_PLACE_INPUT || plan->places[root] == LWI_PLACE_OUTPUT);
}

static lw_status resolve(void *arg, const lwi_step *step, lwi_gpu_argument *a) {
    lwi_plan *plan = arg;
    const lwi_node *node = step->call.node;
    if (a->source == LWI_GPU_MISTAKE) {
        a->value.memory.handle = plan->context->mistake.handle;
        a->source = LWI_GPU_NUMBER;
        return LW_OK;
    }
    if (a->source == LWI_GPU_SCRATCH) {
        a->value.memory.offset += plan->device->scratch_place;
        a->source = LWI_GPU_NUMBER;
        return LW_OK;
    }
    const int slot = a->source == LWI_GPU_INPUT ? node->inputs[a->index] : node->outputs[a->index];
    const int root = plan->roots[slot];
    const size_t first = a->value.memory.offset;
    lwi_device_memory memory = {NULL, 0};
    const bool bound = is_bound(plan, root);
    a->value.memory.offset = bound ? within(plan, slot) : lwi_device_place(plan, slot);
    if (a->source == LWI_GPU_INPUT && a->index < step->device->alike &&
        is_converted(plan, slot, step->device->type)) {
        LW_TRY(find_converted(plan, slot, step->device->type, &memory));
        a->value.memory.offset = 0;
    } else if (plan->places[root] == LWI_PLACE_KNOWN) {
        LW_TRY(find_constant(plan, root, &memory));
        a->value.memory.offset = plan->within[slot];
    } else if (find_kept(plan, root)) {
        LW_TRY(open_kept(plan, root, &memory));
    }
    a->value.memory.handle = memory.handle;
    a->value.memory.offset += first;
    a->source = bound ? LWI_GPU_BOUND : LWI_GPU_NUMBER;
    if (bound) a->index = (size_t)root;
    return LW_OK;
}

/* Whether a tensor lies where a map of it, or a library, cannot take it: blocks begin at multiples
 * of more. */
static bool is_badly_placed(const lwi_gpu_launch *launch) {
    for (size_t k = 0; k < launch->n; k++) {
        const lwi_device_argument *a = &launch->arguments[k].value;
        if ((a->kind == LWI_DEVICE_MAP || launch->product) &&
            a->memory.offset % LWI_DEVICE_MAP_ALIGN)
            return true;
    }
    return false;
}

/* What is launched otherwise does the epilogue too. */
static void drop_epilogue(lwi_device_step *s, lwi_gpu_launch *launch) {
    const size_t behind = s->n - 1 - (size_t)(launch - s->launches);
    if (behind == 0 || !launch[1].is_epilogue) return;
    memmove(launch + 1, launch + 2, (behind - 1) * sizeof *launch);
    s->n--;
}

static lw_status locate(lwi_plan *plan, const lwi_step *step, lwi_gpu_launch *launch,
                        lwi_device_locator *fn, void *arg) {
    for (size_t k = 0; k < launch->n; k++)
        if (launch->arguments[k].source != LWI_GPU_NUMBER)
            LW_TRY(fn(arg, step, &launch->arguments[k]));
    if (!launch->otherwise || !is_badly_placed(launch)) return LW_OK;
    if (launch->product) drop_epilogue(step->device, launch);
    *launch = *launch->otherwise;
    return locate(plan, step, launch, fn, arg);
}

lw_status lwi_device_locate(lwi_plan *plan, const lwi_step *step, lwi_device_locator *fn,
                            void *arg) {
    for (size_t i = 0; step->device && step->device->launches && i < step->device->n; i++)
        LW_TRY(locate(plan, step, &step->device->launches[i], fn, arg));
    return LW_OK;
}

/* The constants that a launch reads and that are not there yet. */
static lw_status find_arrivals_of(lwi_plan *plan, size_t step, const lwi_gpu_launch *launch) {
    for (size_t k = 0; k < launch->n; k++) {
        const lwi_device_argument *a = &launch->arguments[k].value;
        if ((a->kind != LWI_DEVICE_MEMORY && a->kind != LWI_DEVICE_MAP) || !a->memory.handle)
            continue;
        const lwi_device_constant *waiting = find_waiting(plan->context, a->memory.handle);
        if (waiting)
            LW_TRY(
                lwi_device_add_arrival(plan, step, (size_t)(waiting - plan->context->constants)));
    }
    return LW_OK;
}

static lw_status find_arrivals(lwi_plan *plan) {
    for (size_t i = 0; i < plan->n_steps; i++) {
        const lwi_device_step *s = plan->steps[i].device;
        for (size_t k = 0; s && s->launches && k < s->n; k++)
            LW_TRY(find_arrivals_of(plan, i, &s->launches[k]));
    }
    return LW_OK;
}

lw_status lwi_plan_device_finish(lwi_planner *p) {
    if (!p->plan->device) return LW_OK;
    LW_TRY(lwi_plan_narrow(p));
    place_values(p->plan);
    LW_TRY(reserve_kept(p->plan));
    LW_TRY(find_moves(p));
    for (size_t i = 0; i < p->plan->n_steps; i++)
        LW_TRY(lwi_device_locate(p->plan, &p->plan->steps[i], resolve, p->plan));
    lwi_device_leave_out(p->plan);
    LW_TRY(lwi_device_merge(p->plan, &p->passing.small));
    LW_TRY(find_arrivals(p->plan));
    LW_TRY(lwi_device_find_early(p->plan));
    return lwi_device_find_pieces(p->plan);
}

/* ----------------------------------------------------------------------- runs */

static lw_status reserve(lwi_plan *plan) {
    lw_context *c = plan->context;
    LW_TRY(lwi_grow(&c->allocator, &c->device_blocks, &c->cap_device_blocks, plan->depth + 1,
                    sizeof *c->device_blocks));
    lwi_device_memory *block = &c->device_blocks[plan->depth];
    if (block->bytes >= plan->device->bytes && block->handle) return LW_OK;
    lwi_device_give(c, block);
    return lwi_device_take(c, "what a run works in", "", plan->device->bytes, block);
}

lw_status lwi_device_move_values(lwi_plan *plan, size_t step) {
    lw_context *c = plan->context;
    lwi_device_plan *d = plan->device;
    if (step == 0) {
        LW_TRY(reserve(plan));
        d->next_move = 0;
        c->may_be_wrong = c->may_be_wrong || d->checks;
        LW_TRY(lwi_device_begin_beside(plan));
    }
    if (step == plan->n_steps) LW_TRY(lwi_device_bring_early(plan));
    for (; d->next_move < d->n_moves && d->moves[d->next_move].step == step; d->next_move++) {
        const lwi_device_move *m = &d->moves[d->next_move];
        const lw_value *v = &plan->values[m->slot];
        if (m->beside && m->up) LW_TRY(lwi_device_upload_beside(plan, m));
        if (m->beside) continue;
        const lwi_device_bound *bound = &d->bound[m->slot];
        void *block = bound->handle ? bound->handle : lwi_device_block_of(plan, m->slot);
        const size_t offset = bound->handle ? bound->offset : d->places[m->slot];
        LW_TRY(m->up ? c->device->api->upload(c->device, block, offset, v->data, v->bytes)
                     : c->device->api->download(c->device, block, offset, v->data, v->bytes));
    }
    return step == plan->n_steps && !plan->outer ? lwi_device_find_mistake(c) : LW_OK;
}
