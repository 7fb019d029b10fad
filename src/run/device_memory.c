/* SPDX-License-Identifier: MIT */
#include "run/device_memory.h"

lw_status lwi_device_take(lw_context *c, size_t bytes, lwi_device_memory *memory) {
    const size_t limit = c->options.device_memory;
    if (limit && (bytes > limit || c->device_bytes > limit - bytes))
        return lwi_fail(LW_LIMIT,
                        "%zu bytes more are needed on %s, where %zu are used of the %zu that "
                        "device_memory allows",
                        bytes, c->device->name, c->device_bytes, limit);
    LW_TRY(c->device->api->allocate(c->device, bytes, memory));
    c->device_bytes += bytes;
    return LW_OK;
}

void lwi_device_give(lw_context *c, lwi_device_memory *memory) {
    if (!c->device || !memory->handle) return;
    c->device_bytes -= memory->bytes;
    c->device->api->release(c->device, memory);
}
