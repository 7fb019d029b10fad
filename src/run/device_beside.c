/* SPDX-License-Identifier: MIT
 * Copies beside the kernels: large constants go to the device in the first run, each right before
 * the step that reads it first, while those before it are at work; inputs that are needed late
 * likewise, in each run; and outputs that are made early come while kernels go on. */
#include "run/context.h"
#include "run/plan_device.h"

enum { LEAST_BYTES = 1 << 16, LEAST_STEPS = 8 };

static bool is_on_device(const lwi_step *step) { return step->device && step->device->launches; }

bool lwi_device_is_worth(const lwi_plan *plan, size_t bytes, size_t first, size_t end) {
    size_t n = 0;
    for (size_t i = first; i < end && n < LEAST_STEPS; i++)
        n += is_on_device(&plan->steps[i]);
    return bytes >= LEAST_BYTES && n == LEAST_STEPS;
}

bool lwi_device_can_wait(size_t bytes) { return bytes >= LEAST_BYTES; }

/* ------------------------------------------------------------------- constants */

lw_status lwi_device_add_arrival(lwi_plan *plan, size_t step, size_t constant) {
    lwi_device_plan *d = plan->device;
    LW_TRY(lwi_arena_grow(&plan->memory, &d->arrivals, &d->cap_arrivals, d->n_arrivals + 1,
                          sizeof *d->arrivals));
    d->arrivals[d->n_arrivals++] = (lwi_device_arrival){step, constant};
    return LW_OK;
}

/* What is given to the device later waits for what was copied so far. */
static lw_status await_copies(lwi_plan *plan) {
    lwi_device *device = plan->context->device;
    LW_TRY(device->api->mark(device, LWI_DEVICE_BESIDE, &plan->device->copied));
    return device->api->await(device, LWI_DEVICE_WORK, plan->device->copied);
}

lw_status lwi_device_arrive(lwi_plan *plan, size_t step) {
    lw_context *c = plan->context;
    lwi_device_plan *d = plan->device;
    bool any = false;
    for (; d->next_arrival < d->n_arrivals && d->arrivals[d->next_arrival].step <= step;
         d->next_arrival++) {
        lwi_device_constant *k = &c->constants[d->arrivals[d->next_arrival].constant];
        if (!k->waits) continue;
        LW_TRY(c->device->api->upload_beside(c->device, k->memory.handle, 0, k->data,
                                             k->memory.bytes));
        k->waits = false;
        any = true;
    }
    return any ? await_copies(plan) : LW_OK;
}

/* ---------------------------------------------------------------------- inputs */

lw_status lwi_device_begin_beside(lwi_plan *plan) {
    lwi_device *device = plan->context->device;
    bool any = false;
    for (size_t i = 0; i < plan->device->n_moves; i++)
        any = any || plan->device->moves[i].beside;
    if (!any) return LW_OK;
    /* the run before this one may still read their places */
    LW_TRY(device->api->mark(device, LWI_DEVICE_WORK, &plan->device->begun));
    return device->api->await(device, LWI_DEVICE_BESIDE, plan->device->begun);
}

lw_status lwi_device_upload_beside(lwi_plan *plan, const lwi_device_move *move) {
    lwi_device *device = plan->context->device;
    const lw_value *v = &plan->values[move->slot];
    LW_TRY(device->api->upload_beside(device, lwi_device_block_of(plan, move->slot),
                                      plan->device->places[move->slot], v->data, v->bytes));
    return await_copies(plan);
}

/* --------------------------------------------------------------------- outputs */

/* The last step that writes to a value; n_steps: the processor does, or none. */
static size_t find_maker(const lwi_plan *plan, int root) {
    for (size_t i = plan->n_steps; i-- > 0;) {
        const lwi_node *node = plan->steps[i].call.node;
        for (size_t k = 0; k < node->n_outputs; k++)
            if (node->outputs[k] >= 0 && plan->roots[node->outputs[k]] == root)
                return is_on_device(&plan->steps[i]) ? i : plan->n_steps;
    }
    return plan->n_steps;
}

lw_status lwi_device_find_early(lwi_plan *plan) {
    lwi_device_plan *d = plan->device;
    for (size_t i = 0; i < d->n_moves && !plan->outer; i++) {
        lwi_device_move *m = &d->moves[i];
        const size_t maker =
            m->step == plan->n_steps && !m->up ? find_maker(plan, m->slot) : plan->n_steps;
        if (plan->places[m->slot] != LWI_PLACE_OUTPUT || maker == plan->n_steps ||
            !lwi_device_is_worth(plan, plan->values[m->slot].bytes, maker + 1, plan->n_steps))
            continue;
        LW_TRY(lwi_arena_grow(&plan->memory, &d->early, &d->cap_early, d->n_early + 1,
                              sizeof *d->early));
        d->early[d->n_early++] = (lwi_device_early){.step = maker, .slot = m->slot};
        m->beside = true;
    }
    return LW_OK;
}

bool lwi_device_ends_early(const lwi_plan *plan, size_t step) {
    for (size_t i = 0; i < plan->device->n_early; i++)
        if (plan->device->early[i].step == step) return true;
    return false;
}

lw_status lwi_device_mark_early(lwi_plan *plan, size_t step) {
    lwi_device *device = plan->context->device;
    for (size_t i = 0; i < plan->device->n_early; i++)
        if (plan->device->early[i].step == step)
            LW_TRY(device->api->mark(device, LWI_DEVICE_WORK, &plan->device->early[i].made));
    return LW_OK;
}

static lw_status download_early(lwi_plan *plan, const lwi_device_early *e) {
    lwi_device *device = plan->context->device;
    const lw_value *v = &plan->values[e->slot];
    LW_TRY(device->api->await(device, LWI_DEVICE_BESIDE, e->made));
    return device->api->download_beside(device, lwi_device_block_of(plan, e->slot),
                                        plan->device->places[e->slot], v->data, v->bytes);
}

/* In the order in which they are made. */
lw_status lwi_device_bring_early(lwi_plan *plan) {
    const lwi_device_plan *d = plan->device;
    for (size_t step = 0; d->n_early && step < plan->n_steps; step++)
        for (size_t i = 0; i < d->n_early; i++)
            if (d->early[i].step == step) LW_TRY(download_early(plan, &d->early[i]));
    return LW_OK;
}

void lwi_device_free_marks(lwi_plan *plan) {
    lwi_device_plan *d = plan->device;
    lwi_device *device = plan->context->device;
    device->api->unmark(device, d->copied);
    device->api->unmark(device, d->begun);
    for (size_t i = 0; i < d->n_early; i++)
        device->api->unmark(device, d->early[i].made);
}
