/* SPDX-License-Identifier: MIT
 * Scratch memory for each thread that works on a call at the same time. */
#ifndef LWI_WORK_SLOTS_H
#define LWI_WORK_SLOTS_H

#include "ops/op.h"

#include <stdatomic.h>

enum { LWI_MOST_SLOTS = 64 };

typedef struct lwi_work_slots {
    char *memory;
    size_t bytes; /* of a slot; 0: nobody needs memory */
    unsigned count;
    atomic_uint_fast64_t taken; /* bit i: slot i is in use */
} lwi_work_slots;

/* In run: as many slots as the call has threads. */
lw_status lwi_work_slots_make(lwi_call *call, size_t bytes, lwi_work_slots *slots);
/* In a task: a slot, aligned to 64 bytes, until it is given back. */
void *lwi_work_slots_take(lwi_work_slots *slots, unsigned *slot);
void lwi_work_slots_give(lwi_work_slots *slots, unsigned slot);

#endif
