/* SPDX-License-Identifier: MIT
 * Sets of places in a grammar, each known by a number, and the ways between them by bytes: an
 * automaton that is made as far as it is used. */
#ifndef LWI_GRAMMAR_SETS_H
#define LWI_GRAMMAR_SETS_H

#include "chat/grammar_states.h"

/* A state, and the stack (by number) of states to return to. */
typedef struct lwi_place {
    uint32_t state, stack;
} lwi_place;

typedef struct lwi_stack {
    uint32_t below, state, depth;
} lwi_stack;

enum { LWI_DEAD = 0 }; /* the set without places */
#define LWI_UNKNOWN UINT32_MAX

typedef struct lwi_set {
    size_t first; /* of its places */
    uint32_t count;
    bool complete;  /* the text may end here */
    uint32_t mask;  /* its number; LWI_UNKNOWN: not made */
    uint32_t *next; /* by byte, when asked for; LWI_UNKNOWN: not made */
    uint64_t hash;
} lwi_set;

typedef struct lwi_sets {
    const lwi_grammar *grammar;
    lw_allocator allocator;
    lwi_arena rows; /* of the `next` of sets */
    lwi_set *sets;
    lwi_place *places, *work;
    lwi_stack *stacks;
    uint32_t *set_slots, *stack_slots, *seen_slots; /* hash tables of numbers + 1 */
    size_t set_count, set_capacity, place_count, place_capacity, work_count, work_capacity,
        stack_count, stack_capacity, set_room, stack_room, seen_room;
} lwi_sets;

lw_status lwi_sets_init(lwi_sets *sets, const lwi_grammar *grammar);
void lwi_sets_free(lwi_sets *sets);
/* Forgets all sets but some, and gives their new numbers. */
lw_status lwi_sets_restart(lwi_sets *sets, uint32_t *kept, size_t count);
lw_status lwi_sets_start(lwi_sets *sets, uint32_t *set);
/* Where a byte leads. */
lw_status lwi_sets_step(lwi_sets *sets, uint32_t set, uint8_t byte, uint32_t *next);

#endif
