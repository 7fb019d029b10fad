/* SPDX-License-Identifier: MIT
 * Room for the state that recurrent models carry from token to token: a slot for each session, in
 * one piece, since it is one input of the graph. */
#ifndef LWI_STATE_SLOTS_H
#define LWI_STATE_SLOTS_H

#include "base/memory.h"

#include "lampwick.h"

typedef struct lwi_state_slots {
    lw_allocator allocator;
    size_t elements; /* of a slot; 0: the model has no state */
    float *data;     /* [n, elements] */
    bool *taken;     /* [n] */
    size_t n;
    lw_value *value; /* over data */
    /* On its device, if it has one, what the slots hold stays; data is then what was fetched. */
    lw_context *context;
} lwi_state_slots;

void lwi_state_slots_init(lwi_state_slots *s, const lw_allocator *allocator, size_t elements);
void lwi_state_slots_free(lwi_state_slots *s);
/* A slot that nobody has; data may move. */
lw_status lwi_state_slot_take(lwi_state_slots *s, int32_t *slot);
/* Between data and the context's device, where it has one. */
lw_status lwi_state_slot_fetch(const lwi_state_slots *s, int32_t slot);
lw_status lwi_state_slot_put(const lwi_state_slots *s, int32_t slot);
void lwi_state_slot_give(lwi_state_slots *s, int32_t slot);

#endif
