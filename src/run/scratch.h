/* SPDX-License-Identifier: MIT
 * Scratch memory of nodes: a stack, because nodes of a subgraph run while the node that it belongs
 * to does. Small pieces come from one block, larger ones and what does not fit from the pool. */
#ifndef LWI_SCRATCH_H
#define LWI_SCRATCH_H

#include "base/memory.h"

typedef struct lwi_scratch_stack {
    lwi_pool *pool;
    char *block;
    size_t size, used;
    size_t beside; /* small pieces in use that did not fit */
    size_t wanted; /* more than size: the block was too small */
    void **others; /* from the pool */
    size_t n_others, cap_others;
} lwi_scratch_stack;

typedef struct lwi_scratch_mark {
    size_t used, beside, n_others;
} lwi_scratch_mark;

lw_status lwi_scratch_get(lwi_scratch_stack *stack, size_t bytes, void **block);
static inline lwi_scratch_mark lwi_scratch_here(const lwi_scratch_stack *s) {
    return (lwi_scratch_mark){s->used, s->beside, s->n_others};
}
/* Gives back what was taken since the mark. */
void lwi_scratch_release(lwi_scratch_stack *stack, lwi_scratch_mark mark);
/* Between runs: makes the block as large as it should have been, so that runs to come ask for
 * nothing. */
void lwi_scratch_settle(lwi_scratch_stack *stack);
/* Gives all memory back; nothing may be in use. */
void lwi_scratch_free(lwi_scratch_stack *stack);

#endif
