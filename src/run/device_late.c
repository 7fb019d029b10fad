/* SPDX-License-Identifier: MIT
 * Nodes whose shapes depend on data, on a device: launches are made in the run, with values in
 * blocks of the pool. Only what shapes depend on is brought to this side. */
#include "run/device_pool.h"
#include "run/device_values.h"
#include "run/late.h"

#include "ops/call.h"

#include <stdio.h>
#include <string.h>

/* What launches of one node need until they are on their way. */
typedef struct passing {
    lwi_plan *plan;
    lwi_device_memory *blocks;
    size_t n, capacity;
    lwi_device_memory scratch;
    const lwi_call *call;
} passing;

static lw_status keep(void *arg, const void *data, size_t bytes, lwi_device_memory *memory) {
    passing *p = arg;
    lw_context *c = p->plan->context;
    LW_TRY(lwi_arena_grow(&p->plan->device->late, &p->blocks, &p->capacity, p->n + 1,
                          sizeof *p->blocks));
    LW_TRY(lwi_device_pool_get(c, bytes, memory));
    p->blocks[p->n++] = *memory;
    return c->device->api->upload(c->device, memory->handle, 0, data, bytes);
}

static lw_status keep_table(void *arg, const void *data, size_t bytes, lwi_device_memory *memory) {
    return lwi_device_keep_table(((passing *)arg)->plan, data, bytes, memory);
}

static void give_back(passing *p) {
    lw_context *c = p->plan->context;
    for (size_t i = 0; i < p->n; i++)
        lwi_device_pool_put(c, &p->blocks[i]);
    lwi_device_pool_put(c, &p->scratch);
    lwi_arena_reset(&p->plan->device->late);
}

/* ---------------------------------------------------------------------- shapes */

static lw_status bring_asked(lw_context *c, const lwi_call *call, uint64_t asked) {
    for (size_t i = 0; i < call->n_in; i++)
        if (call->in[i] && (i >= 64 || asked >> i & 1))
            LW_TRY(lwi_device_bring(c, (lw_value *)call->in[i]));
    return LW_OK;
}

/* With the data that the operator asks for; LWI_LATER if they do not tell. */
static lw_status infer(lw_context *c, lwi_call *call) {
    uint64_t asked = 0, brought = 0;
    lw_status status = LWI_LATER;
    call->asked = &asked;
    do {
        brought |= asked;
        asked = 0;
        status = lwi_call_infer(call);
        if (status == LWI_LATER) LW_TRY(bring_asked(c, call, asked));
    } while (status == LWI_LATER && asked & ~brought);
    call->asked = NULL;
    return status;
}

/* ---------------------------------------------------------------------- device */

static lw_status locate(void *arg, const lwi_step *step, lwi_gpu_argument *a) {
    const passing *p = arg;
    lw_context *c = p->plan->context;
    const lw_value *v = NULL;
    (void)step;
    switch (a->source) {
    case LWI_GPU_MISTAKE:
        a->value.memory.handle = c->mistake.handle;
        return LW_OK;
    case LWI_GPU_SCRATCH:
        a->value.memory.handle = p->scratch.handle;
        return LW_OK;
    case LWI_GPU_INPUT:
        v = p->call->in[a->index];
        LW_TRY(lwi_device_send(c, (lw_value *)v));
        break;
    default:
        v = p->call->out[a->index];
        break;
    }
    if (!v->remote) return LW_OK; /* without elements */
    a->value.memory.handle = v->remote->handle;
    a->value.memory.offset += lwi_device_offset(v);
    return LW_OK;
}

static lw_status launch(passing *p, lwi_device_step *made, const lwi_call *call, bool checks,
                        size_t scratch) {
    lw_context *c = p->plan->context;
    const lwi_step step = {.device = made, .call = *call};
    if (checks) LW_TRY(lwi_device_open_mistake(c));
    if (checks) c->may_be_wrong = true;
    if (scratch) LW_TRY(lwi_device_pool_get(c, scratch, &p->scratch));
    for (size_t k = 0; k < call->n_out; k++)
        if (call->out[k]) LW_TRY(lwi_device_make_room(c, call->out[k]));
    LW_TRY(lwi_device_locate(p->plan, &step, locate, p));
    return lwi_device_launch_all(p->plan, made);
}

/* What no device could run, and what is arithmetic of shapes on this side. */
static bool stays(const lwi_call *call) {
    bool few = true;
    for (size_t i = 0; i < call->n_in; i++) {
        if (call->in[i] && !lwi_device_may_have(call->in[i])) return true;
        few = few && (!call->in[i] || (call->in[i]->data && lwi_device_is_few(call->in[i])));
    }
    for (size_t k = 0; k < call->n_out; k++) {
        if (call->out[k] && !lwi_device_may_have(call->out[k])) return true;
        few = few && (!call->out[k] || lwi_device_is_few(call->out[k]));
    }
    return few;
}

static lw_status claim(passing *p, lwi_step *step, bool *taken) {
    lwi_plan *plan = p->plan;
    int first = 0;
    LW_TRY(lwi_device_number(plan->context, plan->graph, &first));
    lwi_gpu_step s = {.device = plan->context->device,
                      .memory = &plan->device->late,
                      .keep = keep,
                      .keep_table = keep_table,
                      .arg = p,
                      .node = first + (int)(step->call.node - plan->graph->nodes)};
    LW_TRY(lwi_gpu_claim(&step->call, &s, taken));
    *taken = *taken && !s.written;
    snprintf(step->device->why, sizeof step->device->why, "%s", s.reason);
    if (!*taken) return LW_OK;
    lwi_device_step made = {.launches = s.launches, .n = s.n};
    step->device->late = s.n ? s.launches[0].kernel : "";
    return launch(p, &made, &step->call, s.checks, s.scratch);
}

static lw_status run_there(lwi_plan *plan, lwi_step *step, bool *taken) {
    passing p = {.plan = plan, .call = &step->call};
    *taken = false;
    step->device->late = NULL;
    if (stays(&step->call)) {
        snprintf(step->device->why, sizeof step->device->why, "it is the processor's");
        return LW_OK;
    }
    const lw_status status = claim(&p, step, taken);
    give_back(&p);
    return status;
}

/* ------------------------------------------------------------------------ nodes */

static lw_status run_here(lwi_plan *plan, lwi_call *call) {
    if (!(call->node->op->op->flags & LWI_BRINGS))
        for (size_t i = 0; i < call->n_in; i++)
            if (call->in[i]) LW_TRY(lwi_device_bring(plan->context, (lw_value *)call->in[i]));
    return lwi_late_run(call);
}

static lw_status run_shown(lwi_plan *plan, lwi_step *step) {
    lwi_call *call = &step->call;
    bool taken = false;
    LW_TRY(lwi_late_open_outputs(plan, call));
    const lw_status status = infer(plan->context, call);
    if (status != LW_OK && status != LWI_LATER) return status;
    const bool view = call->node->op->op->flags & LWI_VIEW && call->in[0]->kind == LW_KIND_TENSOR;
    if (status == LW_OK && view) return lwi_call_run(call, NULL);
    if (status == LW_OK) LW_TRY(run_there(plan, step, &taken));
    return taken ? LW_OK : run_here(plan, call);
}

static lw_status show_inputs(lwi_plan *plan, lwi_call *call, lw_value *rooms) {
    const lwi_node *node = call->node;
    const lw_value **in = (const lw_value **)call->in;
    call->n_in = 0;
    for (size_t i = 0; i < node->n_inputs; i++) {
        in[i] = NULL;
        if (node->inputs[i] < 0) continue;
        LW_TRY(lwi_device_show(plan, node->inputs[i], &rooms[i], &in[i]));
        if (!in[i])
            return lwi_node_fail(node, LW_INVALID, "its input '%s' has no value",
                                 plan->graph->slots[node->inputs[i]].name);
        call->n_in = i + 1;
    }
    return LW_OK;
}

lw_status lwi_device_run_late(lwi_plan *plan, lwi_step *step) {
    lwi_call *call = &step->call;
    void *block = NULL;
    call->prepared = NULL;
    call->packed = 0;
    LW_TRY(lwi_scratch_get(&plan->context->stack, call->node->n_inputs * sizeof(lw_value), &block));
    lw_value *rooms = block;
    lw_status status = show_inputs(plan, call, rooms);
    if (status == LW_OK) status = run_shown(plan, step);
    for (size_t i = 0; i < call->n_in; i++)
        if (call->in[i]) lwi_device_hide(&rooms[i], call->in[i]);
    return status;
}

/* ------------------------------------------------------------------------ joins */

static lw_status interleave(passing *p, const lw_value *from, const lw_value *to,
                            const lwi_gpu_grid *grid) {
    lwi_device *device = p->plan->context->device;
    lwi_gpu_launch *l = NULL;
    lwi_gpu_step s = {.device = device, .memory = &p->plan->device->late, .keep = keep, .arg = p};
    LW_TRY(lwi_gpu_copy_grid(&s, lwi_dtype_size(from->dtype), grid, &l));
    const lw_value *ends[2] = {from, to};
    for (size_t i = 0; i < 2; i++)
        l->arguments[l->n++].value = (lwi_device_argument){
            .kind = LWI_DEVICE_MEMORY,
            .memory = {.handle = ends[i]->remote->handle, .offset = lwi_device_offset(ends[i])}};
    lwi_gpu_int(l, (int64_t)from->count);
    return lwi_device_launch_all(p->plan, &(lwi_device_step){.launches = l, .n = 1});
}

lw_status lwi_device_interleave(lwi_plan *plan, const lw_value *from, const lw_value *to,
                                size_t rows, size_t width, size_t column) {
    lw_context *c = plan->context;
    const size_t stride = rows ? to->count / rows : 0;
    const size_t dims[2] = {rows, width}, from_steps[2] = {width, 1}, to_steps[2] = {stride, 1};
    const lwi_gpu_grid grid = {2, dims, from_steps, to_steps, column * width};
    if (rows == 1)
        return c->device->api->copy(c->device, to->remote->handle,
                                    lwi_device_offset(to) + column * from->bytes,
                                    from->remote->handle, lwi_device_offset(from), from->bytes);
    passing p = {.plan = plan};
    const lw_status status = interleave(&p, from, to, &grid);
    give_back(&p);
    return status;
}
