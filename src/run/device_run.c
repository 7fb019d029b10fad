/* SPDX-License-Identifier: MIT
 * What a device does of a plan: launches, step by step, or many steps at once as a recording of an
 * earlier run. A recording holds the arguments of its kernels, so that it is good for one block. */
#include "run/context.h"
#include "run/plan_device.h"

enum { LEAST_LAUNCHES = 2 }; /* that are worth a recording */

/* --------------------------------------------------------------------- pieces */

static bool is_on_device(const lwi_step *step) { return step->device && step->device->launches; }

static bool has_moves_before(const lwi_device_plan *d, size_t step) {
    for (size_t i = 0; i < d->n_moves; i++)
        if (d->moves[i].step == step) return true;
    return false;
}

lw_status lwi_device_find_pieces(lwi_plan *plan) {
    lwi_device_plan *d = plan->device;
    bool open = false;
    for (size_t i = 0; i < plan->n_steps; i++) {
        if (!is_on_device(&plan->steps[i])) {
            open = false;
            continue;
        }
        if (!open || has_moves_before(d, i)) {
            LW_TRY(lwi_arena_grow(&plan->memory, &d->pieces, &d->cap_pieces, d->n_pieces + 1,
                                  sizeof *d->pieces));
            d->pieces[d->n_pieces++] = (lwi_device_piece){.first = i};
            open = true;
        }
        lwi_device_piece *piece = &d->pieces[d->n_pieces - 1];
        piece->last = i;
        piece->launches += plan->steps[i].device->n;
        plan->steps[i].device->piece = d->n_pieces - 1;
        open = !lwi_device_ends_early(plan, i);
    }
    return LW_OK;
}

void lwi_device_forget(lwi_device *device, lwi_device_piece *piece) {
    if (piece->recording) device->api->forget(device, piece->recording);
    piece->recording = NULL;
}

/* ----------------------------------------------------------------------- runs */

/* Memory in the plan's block, or where a body's values lie in this run. */
static void find_memory(const lwi_plan *plan, const lwi_gpu_argument *from,
                        lwi_device_argument *to) {
    const lw_context *c = plan->context;
    if (to->kind != LWI_DEVICE_MEMORY && to->kind != LWI_DEVICE_MAP) return;
    if (from->source == LWI_GPU_BOUND) {
        to->memory.handle = plan->device->bound[from->index].handle;
        to->memory.offset += plan->device->bound[from->index].offset;
    } else if (!to->memory.handle) {
        to->memory.handle = c->device_blocks[plan->depth].handle;
    }
}

lw_status lwi_device_launch_all(const lwi_plan *plan, const lwi_device_step *step) {
    lwi_device *device = plan->context->device;
    lwi_device_argument arguments[LWI_GPU_ARGUMENTS];
    for (size_t i = 0; i < step->n; i++) {
        const lwi_gpu_launch *l = &step->launches[i];
        for (size_t k = 0; k < l->n; k++) {
            arguments[k] = l->arguments[k].value;
            find_memory(plan, &l->arguments[k], &arguments[k]);
        }
        LW_TRY(l->product
                   ? device->api->multiply(device, l->product, arguments)
                   : lwi_device_launch(device, l->kernel, l->groups, l->size, arguments, l->n));
    }
    return LW_OK;
}

/* The first run finds the kernels, the second one is recorded. A profile wants each step's time. A
 * driver that does not record is not asked again. */
static void begin(const lwi_plan *plan, lwi_device_piece *piece) {
    const lw_context *c = plan->context;
    if (plan->outer) return; /* what a body is given lies elsewhere each time */
    if (piece->recording && piece->block != c->device_blocks[plan->depth].handle)
        lwi_device_forget(c->device, piece);
    if (!c->device->records || c->profile || piece->recording || piece->launches < LEAST_LAUNCHES ||
        !piece->seen)
        return;
    plan->device->recording = c->device->api->record(c->device) == LW_OK;
    c->device->records = plan->device->recording;
}

/* What the device could not record is launched after all, in this run and later ones. */
static lw_status end(lwi_plan *plan, lwi_device_piece *piece) {
    lw_context *c = plan->context;
    piece->seen = true;
    if (!plan->device->recording) return LW_OK;
    plan->device->recording = false;
    LW_TRY(c->device->api->recorded(c->device, &piece->recording));
    piece->block = c->device_blocks[plan->depth].handle;
    if (piece->recording) return c->device->api->replay(c->device, piece->recording);
    c->device->records = false;
    for (size_t i = piece->first; i <= piece->last; i++)
        LW_TRY(lwi_device_launch_all(plan, plan->steps[i].device));
    return LW_OK;
}

static lw_status run_piece(lwi_plan *plan, size_t step, lwi_device_piece *piece) {
    const lw_context *c = plan->context;
    if (step == piece->first) begin(plan, piece);
    if (piece->recording && !c->profile)
        return step == piece->first ? c->device->api->replay(c->device, piece->recording) : LW_OK;
    LW_TRY(lwi_device_launch_all(plan, plan->steps[step].device));
    return step == piece->last ? end(plan, piece) : LW_OK;
}

lw_status lwi_device_run(lwi_plan *plan, size_t step) {
    lwi_device_plan *d = plan->device;
    lwi_device_piece *piece = &d->pieces[plan->steps[step].device->piece];
    /* all of a recording at once */
    if (d->next_arrival < d->n_arrivals)
        LW_TRY(lwi_device_arrive(plan, piece->seen ? piece->last : step));
    LW_TRY(run_piece(plan, step, piece));
    return d->n_early && step == piece->last ? lwi_device_mark_early(plan, step) : LW_OK;
}

void lwi_device_stop(lwi_plan *plan) {
    lwi_device_piece unfinished = {.recording = NULL};
    lwi_device *device = plan->context->device;
    if (!plan->device) return;
    if (plan->device->recording && device->api->recorded(device, &unfinished.recording) == LW_OK)
        lwi_device_forget(device, &unfinished);
    plan->device->recording = false;
    lwi_device_forget_mistake(plan->context);
}
