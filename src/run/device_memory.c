/* SPDX-License-Identifier: MIT */
#include "run/device_memory.h"

static lw_status take(lw_context *c, size_t bytes, lwi_device_memory *memory) {
    const size_t limit = c->options.device_memory;
    if (limit && (bytes > limit || c->device_bytes > limit - bytes))
        return lwi_fail(LW_LIMIT, "%zu bytes are used of the %zu that device_memory allows",
                        c->device_bytes, limit);
    LW_TRY(c->device->api->allocate(c->device, bytes, memory));
    c->device_bytes += bytes;
    return LW_OK;
}

lw_status lwi_device_take(lw_context *c, const char *what, const char *name, size_t bytes,
                          lwi_device_memory *memory) {
    const char *quote = *name ? "'" : "";
    const lw_status status = take(c, bytes, memory);
    if (status == LW_OK) return LW_OK;
    return lwi_fail_prefix(status, "%s%s%s%s, %zu bytes, does not fit on %s", what, quote, name,
                           quote, bytes, c->device->name);
}

void lwi_device_give(lw_context *c, lwi_device_memory *memory) {
    if (!c->device || !memory->handle) return;
    c->device_bytes -= memory->bytes;
    c->device->api->release(c->device, memory);
}
