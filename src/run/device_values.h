/* SPDX-License-Identifier: MIT
 * Values that lie on the device, on this side, or on both, and go where they are needed: what late
 * nodes and bodies read and make. Those of a plan have their places in it; the others lie in blocks
 * of the context's pool, counted. */
#ifndef LWI_DEVICE_VALUES_H
#define LWI_DEVICE_VALUES_H

#include "run/plan_device.h"

/* The value of a slot as it is when a late node or a body reads it: room, filled in and to be given
 * back with lwi_device_hide, or a value that knows itself where it lies. NULL: there is none. */
lw_status lwi_device_show(lwi_plan *plan, int slot, lw_value *room, const lw_value **shown);
void lwi_device_hide(lw_value *room, const lw_value *shown);
/* A copy of a value that lives inside another struct, which may lie on both sides. */
void lwi_device_show_copy(const lw_value *value, lw_value *room);

/* A tensor of this type and shape that lies nowhere yet. */
lw_status lwi_device_make_like(lw_context *context, const lw_value *type, lw_value **made);
/* Room on the device for a tensor, which has none. */
lw_status lwi_device_make_room(lw_context *context, lw_value *value);
/* Makes data readable. */
lw_status lwi_device_bring(lw_context *context, lw_value *value);
/* Brings it to the device. */
lw_status lwi_device_send(lw_context *context, lw_value *value);
/* Where it lies there. */
static inline size_t lwi_device_offset(const lw_value *v) {
    return v->remote->offset + v->remote_at;
}
/* The contents of one value become those of another, on the device. */
lw_status lwi_device_copy_value(lw_context *context, const lw_value *from, const lw_value *to);
/* Whether a device could have it: a tensor of numbers. */
bool lwi_device_may_have(const lw_value *value);
/* A few integers, as shapes, counters and conditions are: the processor's, if they are on its side.
 */
bool lwi_device_is_few(const lw_value *value);

/* For lwi_host. */
lw_status lwi_device_host_bring(void *state, const lw_value *value);
lw_status lwi_device_host_send(void *state, const lw_value *value);
lw_status lwi_device_host_keep(void *state, const lw_value *value, lw_value **kept);
lw_status lwi_device_host_stack(lwi_call *call, size_t output, lw_value *const *items, size_t n,
                                int64_t axis, bool *done);

/* A late node: on the device if it has a kernel for it, else on this side (run/device_late.c). */
lw_status lwi_device_run_late(lwi_plan *plan, lwi_step *step);
/* Before a step that reads values as they are shown: where those of the plan lie at this time. */
void lwi_device_see(lwi_plan *plan, size_t first, size_t n);

#endif
