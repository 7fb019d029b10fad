/* SPDX-License-Identifier: MIT
 * Inputs whose contents stay on the device from run to run. */
#include "base/checked.h"
#include "run/device_memory.h"

#include <string.h>

static lw_status find(const lw_context *c, const char *name, const char *caller,
                      lwi_kept_input **kept) {
    if (!c || !name) return lwi_fail(LW_INVALID, "%s: an argument is NULL", caller);
    const lwi_graph *g = c->model->network.graph;
    for (size_t i = 0; i < g->n_inputs; i++)
        if (!strcmp(g->slots[g->inputs[i]].name, name)) {
            *kept = &c->kept_inputs[i];
            return LW_OK;
        }
    return lwi_fail(LW_NOT_FOUND, "the model has no input '%s'", name);
}

lw_status lw_context_keep_input(lw_context *c, const char *name) {
    lwi_kept_input *kept = NULL;
    LW_TRY(find(c, name, "lw_context_keep_input", &kept));
    if (!kept->wanted) lwi_context_forget_plans(c);
    kept->wanted = true;
    return LW_OK;
}

/* Something to copy must be there, within its size. */
static lw_status check(const lwi_kept_input *kept, const char *name, const void *data, size_t total,
                       size_t offset, size_t bytes) {
    if (!kept->wanted) return lwi_fail(LW_INVALID, "input '%s' does not stay on the device", name);
    if (data && lwi_within(offset, bytes, total)) return LW_OK;
    return lwi_fail(LW_INVALID, "%zu bytes from %zu on are not in input '%s' of %zu", bytes, offset,
                    name, total);
}

lw_status lw_context_read_input(lw_context *c, const char *name, size_t offset, void *to,
                                size_t bytes) {
    lwi_kept_input *kept = NULL;
    LW_TRY(find(c, name, "lw_context_read_input", &kept));
    if (!c->device) return LW_OK;
    LW_TRY(check(kept, name, to, kept->memory.bytes, offset, bytes));
    if (bytes == 0) return LW_OK;
    return c->device->api->download(c->device, kept->memory.handle, offset, to, bytes);
}

lw_status lw_context_write_input(lw_context *c, const char *name, size_t total, size_t offset,
                                 const void *from, size_t bytes) {
    lwi_kept_input *kept = NULL;
    LW_TRY(find(c, name, "lw_context_write_input", &kept));
    if (!c->device) return LW_OK;
    LW_TRY(check(kept, name, from, total, offset, bytes));
    if (kept->memory.bytes != total) {
        lwi_context_forget_plans(c); /* which have the old one in their launches */
        lwi_device_give(c, &kept->memory);
        LW_TRY(lwi_device_take(c, "what stays there, ", name, total, &kept->memory));
    }
    if (bytes == 0) return LW_OK;
    return c->device->api->upload(c->device, kept->memory.handle, offset, from, bytes);
}
