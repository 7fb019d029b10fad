/* SPDX-License-Identifier: MIT */
#include "ops/work_slots.h"

#include <sched.h>

lw_status lwi_work_slots_make(lwi_call *c, size_t bytes, lwi_work_slots *s) {
    const int threads = c->host->threads ? c->host->threads(c->state) : 1;
    s->count = threads < 1 ? 1 : threads > LWI_MOST_SLOTS ? LWI_MOST_SLOTS : (unsigned)threads;
    s->bytes = bytes + (size_t)-bytes % 64;
    s->memory = NULL;
    atomic_init(&s->taken, 0);
    return bytes ? lwi_scratch(c, s->count, s->bytes, &s->memory) : LW_OK;
}

void *lwi_work_slots_take(lwi_work_slots *s, unsigned *slot) {
    if (s->bytes == 0) return NULL;
    for (;;) {
        uint_fast64_t taken = atomic_load_explicit(&s->taken, memory_order_relaxed);
        unsigned free = 0;
        while (free < s->count && taken >> free & 1)
            free++;
        /* Only an executor with more threads than it told of has to wait. */
        if (free == s->count) sched_yield();
        else if (atomic_compare_exchange_weak(&s->taken, &taken, taken | UINT64_C(1) << free)) {
            *slot = free;
            return s->memory + free * s->bytes;
        }
    }
}

void lwi_work_slots_give(lwi_work_slots *s, unsigned slot) {
    if (s->bytes) atomic_fetch_and(&s->taken, ~(UINT64_C(1) << slot));
}
