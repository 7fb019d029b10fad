/* SPDX-License-Identifier: MIT */
#include "run/device_pool.h"

#include "run/device_memory.h"

enum { SMALLEST = 256 };

/* Four sizes for each power of two, so that few blocks serve for many sizes. */
static size_t round_up(size_t bytes) {
    size_t step = SMALLEST / 4;
    if (bytes <= SMALLEST) return SMALLEST;
    while (bytes > 8 * step)
        step *= 2;
    return (bytes + step - 1) / step * step;
}

lw_status lwi_device_pool_get(lw_context *c, size_t bytes, lwi_device_memory *memory) {
    lwi_device_pool *pool = &c->device_pool;
    const size_t size = round_up(bytes);
    for (size_t i = 0; i < pool->n; i++)
        if (pool->idle[i].bytes == size) {
            *memory = pool->idle[i];
            pool->idle[i] = pool->idle[--pool->n];
            return LW_OK;
        }
    /* room to put it back is there when it comes back */
    LW_TRY(
        lwi_grow(&c->allocator, &pool->idle, &pool->capacity, pool->made + 1, sizeof *pool->idle));
    LW_TRY(lwi_device_take(c, "a value of the run", "", size, memory));
    pool->made++;
    return LW_OK;
}

void lwi_device_pool_put(lw_context *c, lwi_device_memory *memory) {
    if (!memory->handle) return;
    c->device_pool.idle[c->device_pool.n++] = *memory;
    *memory = (lwi_device_memory){NULL, 0};
}

void lwi_device_pool_trim(lw_context *c) {
    lwi_device_pool *pool = &c->device_pool;
    for (; pool->n > 0; pool->n--, pool->made--)
        lwi_device_give(c, &pool->idle[pool->n - 1]);
}
