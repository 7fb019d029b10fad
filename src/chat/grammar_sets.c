/* SPDX-License-Identifier: MIT */
#include "chat/grammar_sets.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_WORK = 1 << 16, MOST_SETS = 1 << 17, MOST_DEPTH = 2000, FIRST_ROOM = 1 << 10 };

lw_status lwi_sets_init(lwi_sets *s, const lwi_grammar *grammar) {
    *s = (lwi_sets){.grammar = grammar, .allocator = lwi_malloc_allocator};
    lwi_arena_init(&s->rows, &s->allocator);
    s->set_room = s->stack_room = s->seen_room = FIRST_ROOM;
    LW_TRY(lwi_alloc_array(&s->allocator, s->set_room, sizeof *s->set_slots, &s->set_slots));
    LW_TRY(lwi_alloc_array(&s->allocator, s->stack_room, sizeof *s->stack_slots, &s->stack_slots));
    LW_TRY(lwi_alloc_array(&s->allocator, s->seen_room, sizeof *s->seen_slots, &s->seen_slots));
    LW_TRY(lwi_grow(&s->allocator, &s->stacks, &s->stack_capacity, 1, sizeof *s->stacks));
    LW_TRY(lwi_grow(&s->allocator, &s->sets, &s->set_capacity, 1, sizeof *s->sets));
    s->stacks[0] = (lwi_stack){0, 0, 0};
    s->sets[LWI_DEAD] = (lwi_set){.mask = LWI_UNKNOWN};
    s->stack_count = s->set_count = 1;
    return LW_OK;
}

void lwi_sets_free(lwi_sets *s) {
    void *const blocks[] = {s->sets,      s->places,      s->work,      s->stacks,
                            s->set_slots, s->stack_slots, s->seen_slots};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        lwi_free(&s->allocator, blocks[i]);
    lwi_arena_free(&s->rows);
    *s = (lwi_sets){0};
}

/* -------------------------------------------------------------------- stacks */

static uint64_t hash_pair(uint32_t a, uint32_t b) {
    const uint32_t pair[2] = {a, b};
    return lwi_hash(3, pair, sizeof pair);
}

static lw_status double_stack_slots(lwi_sets *s) {
    uint32_t *slots = NULL;
    const size_t room = s->stack_room * 2;
    LW_TRY(lwi_alloc_array(&s->allocator, room, sizeof *slots, &slots));
    for (uint32_t n = 1; n < s->stack_count; n++) {
        size_t i = hash_pair(s->stacks[n].below, s->stacks[n].state) & (room - 1);
        while (slots[i])
            i = (i + 1) & (room - 1);
        slots[i] = n + 1;
    }
    lwi_free(&s->allocator, s->stack_slots);
    s->stack_slots = slots, s->stack_room = room;
    return LW_OK;
}

/* The stack with one more state; equal stacks have the same number. LWI_UNKNOWN: too deep. */
static lw_status push(lwi_sets *s, uint32_t below, uint32_t state, uint32_t *stack) {
    if (s->stacks[below].depth == MOST_DEPTH) {
        *stack = LWI_UNKNOWN;
        return LW_OK;
    }
    if (2 * s->stack_count >= s->stack_room) LW_TRY(double_stack_slots(s));
    size_t i = hash_pair(below, state) & (s->stack_room - 1);
    for (; s->stack_slots[i]; i = (i + 1) & (s->stack_room - 1)) {
        const lwi_stack *known = &s->stacks[s->stack_slots[i] - 1];
        if (known->below != below || known->state != state) continue;
        *stack = s->stack_slots[i] - 1;
        return LW_OK;
    }
    LW_TRY(lwi_grow(&s->allocator, &s->stacks, &s->stack_capacity, s->stack_count + 1,
                    sizeof *s->stacks));
    s->stacks[s->stack_count] = (lwi_stack){below, state, s->stacks[below].depth + 1};
    s->stack_slots[i] = (uint32_t)s->stack_count + 1;
    *stack = (uint32_t)s->stack_count++;
    return LW_OK;
}

/* -------------------------------------------------------------------- places */

/* Adds a place to the work, once. */
static lw_status add_work(lwi_sets *s, uint32_t state, uint32_t stack) {
    if (s->work_count == MOST_WORK)
        return lwi_fail(LW_LIMIT, "a grammar with more than %d ways to go on at one place",
                        MOST_WORK);
    if (2 * s->work_count >= s->seen_room) {
        uint32_t *slots = NULL;
        const size_t room = s->seen_room * 4;
        LW_TRY(lwi_alloc_array(&s->allocator, room, sizeof *slots, &slots));
        for (uint32_t n = 0; n < s->work_count; n++) {
            size_t i = hash_pair(s->work[n].state, s->work[n].stack) & (room - 1);
            while (slots[i])
                i = (i + 1) & (room - 1);
            slots[i] = n + 1;
        }
        lwi_free(&s->allocator, s->seen_slots);
        s->seen_slots = slots, s->seen_room = room;
    }
    size_t i = hash_pair(state, stack) & (s->seen_room - 1);
    for (; s->seen_slots[i]; i = (i + 1) & (s->seen_room - 1)) {
        const lwi_place *known = &s->work[s->seen_slots[i] - 1];
        if (known->state == state && known->stack == stack) return LW_OK;
    }
    LW_TRY(
        lwi_grow(&s->allocator, &s->work, &s->work_capacity, s->work_count + 1, sizeof *s->work));
    s->work[s->work_count++] = (lwi_place){state, stack};
    s->seen_slots[i] = (uint32_t)s->work_count;
    return LW_OK;
}

static void forget_work(lwi_sets *s) {
    for (size_t n = 0; n < s->work_count; n++) {
        size_t i = hash_pair(s->work[n].state, s->work[n].stack) & (s->seen_room - 1);
        for (; s->seen_slots[i]; i = (i + 1) & (s->seen_room - 1))
            s->seen_slots[i] = 0;
    }
    s->work_count = 0;
}

/* Follows one place as far as it goes without a byte. */
static lw_status follow(lwi_sets *s, lwi_place place, bool *complete) {
    const lwi_grammar *g = s->grammar;
    const lwi_grammar_state *state = &g->states[place.state];
    uint32_t stack = place.stack;
    if (state->kind == LWI_S_SPLIT) {
        LW_TRY(add_work(s, state->next, stack));
        return add_work(s, state->other, stack);
    }
    if (state->kind == LWI_S_CALL) {
        /* When nothing is left to do behind the call there is no need to come back. */
        const bool last = g->states[state->next].kind == LWI_S_RETURN;
        if (!last) LW_TRY(push(s, place.stack, state->next, &stack));
        return stack == LWI_UNKNOWN ? LW_OK : add_work(s, g->starts[state->other], stack);
    }
    if (state->kind != LWI_S_RETURN) return LW_OK;
    *complete |= stack == 0;
    return stack ? add_work(s, s->stacks[stack].state, s->stacks[stack].below) : LW_OK;
}

static int compare_places(const void *a, const void *b) {
    const lwi_place *x = a, *y = b;
    if (x->state != y->state) return x->state < y->state ? -1 : 1;
    return x->stack < y->stack ? -1 : x->stack > y->stack;
}

/* ---------------------------------------------------------------------- sets */

static lw_status double_set_slots(lwi_sets *s) {
    uint32_t *slots = NULL;
    const size_t room = s->set_room * 2;
    LW_TRY(lwi_alloc_array(&s->allocator, room, sizeof *slots, &slots));
    for (uint32_t n = 1; n < s->set_count; n++) {
        size_t i = s->sets[n].hash & (room - 1);
        while (slots[i])
            i = (i + 1) & (room - 1);
        slots[i] = n + 1;
    }
    lwi_free(&s->allocator, s->set_slots);
    s->set_slots = slots, s->set_room = room;
    return LW_OK;
}

/* The number of the set of the places that lie behind the known ones. */
static lw_status number_set(lwi_sets *s, uint32_t count, bool complete, uint32_t *set) {
    lwi_place *places = s->places + s->place_count;
    if (!count && !complete) {
        *set = LWI_DEAD;
        return LW_OK;
    }
    if (count) qsort(places, count, sizeof *places, compare_places);
    const uint64_t h = lwi_hash(complete, places, count * sizeof *places);
    if (2 * s->set_count >= s->set_room) LW_TRY(double_set_slots(s));
    size_t i = h & (s->set_room - 1);
    for (; s->set_slots[i]; i = (i + 1) & (s->set_room - 1)) {
        const lwi_set *known = &s->sets[s->set_slots[i] - 1];
        if (known->hash != h || known->count != count || known->complete != complete ||
            (count && memcmp(s->places + known->first, places, count * sizeof *places)))
            continue;
        *set = s->set_slots[i] - 1;
        return LW_OK;
    }
    if (s->set_count == MOST_SETS)
        return lwi_fail(LW_LIMIT, "a grammar with more than %d places for one mask", MOST_SETS);
    LW_TRY(lwi_grow(&s->allocator, &s->sets, &s->set_capacity, s->set_count + 1, sizeof *s->sets));
    s->sets[s->set_count] = (lwi_set){.first = s->place_count,
                                      .count = count,
                                      .complete = complete,
                                      .mask = LWI_UNKNOWN,
                                      .hash = h};
    s->place_count += count;
    s->set_slots[i] = (uint32_t)s->set_count + 1;
    *set = (uint32_t)s->set_count++;
    return LW_OK;
}

/* The set of what the work leads to. */
static lw_status close_work(lwi_sets *s, uint32_t *set) {
    bool complete = false;
    uint32_t count = 0;
    for (size_t i = 0; i < s->work_count; i++)
        LW_TRY(follow(s, s->work[i], &complete));
    LW_TRY(lwi_grow(&s->allocator, &s->places, &s->place_capacity, s->place_count + s->work_count,
                    sizeof *s->places));
    for (size_t i = 0; i < s->work_count; i++)
        if (s->grammar->states[s->work[i].state].kind == LWI_S_BYTE)
            s->places[s->place_count + count++] = s->work[i];
    return number_set(s, count, complete, set);
}

lw_status lwi_sets_start(lwi_sets *s, uint32_t *set) {
    lw_status status = add_work(s, s->grammar->starts[s->grammar->root], 0);
    if (status == LW_OK) status = close_work(s, set);
    forget_work(s);
    return status;
}

static lw_status make_step(lwi_sets *s, uint32_t set, uint8_t byte, uint32_t *next) {
    for (uint32_t i = 0; i < s->sets[set].count; i++) {
        const lwi_place place = s->places[s->sets[set].first + i];
        const lwi_grammar_state *state = &s->grammar->states[place.state];
        if (byte >= state->low && byte <= state->high)
            LW_TRY(add_work(s, state->next, place.stack));
    }
    return close_work(s, next);
}

lw_status lwi_sets_step(lwi_sets *s, uint32_t set, uint8_t byte, uint32_t *next) {
    if (set == LWI_DEAD) {
        *next = LWI_DEAD;
        return LW_OK;
    }
    if (!s->sets[set].next) {
        uint32_t *row = NULL;
        LW_TRY(lwi_arena_alloc(&s->rows, 256, sizeof *row, &row));
        memset(row, 0xff, 256 * sizeof *row);
        s->sets[set].next = row;
    }
    if (s->sets[set].next[byte] == LWI_UNKNOWN) {
        const lw_status status = make_step(s, set, byte, next);
        forget_work(s);
        LW_TRY(status);
        s->sets[set].next[byte] = *next;
    }
    *next = s->sets[set].next[byte];
    return LW_OK;
}

/* A stack of another automaton, in this one. */
static lw_status copy_stack(lwi_sets *to, const lwi_sets *from, uint32_t stack, uint32_t *copy) {
    uint32_t states[MOST_DEPTH];
    size_t n = 0;
    for (; stack; stack = from->stacks[stack].below)
        states[n++] = from->stacks[stack].state;
    *copy = 0;
    while (n)
        LW_TRY(push(to, *copy, states[--n], copy));
    return LW_OK;
}

static lw_status copy_set(lwi_sets *to, const lwi_sets *from, uint32_t *set) {
    const lwi_set old = from->sets[*set];
    LW_TRY(lwi_grow(&to->allocator, &to->places, &to->place_capacity, to->place_count + old.count,
                    sizeof *to->places));
    for (uint32_t i = 0; i < old.count; i++) {
        const lwi_place place = from->places[old.first + i];
        uint32_t stack;
        LW_TRY(copy_stack(to, from, place.stack, &stack));
        to->places[to->place_count + i] = (lwi_place){place.state, stack};
    }
    return number_set(to, old.count, old.complete, set);
}

lw_status lwi_sets_restart(lwi_sets *s, uint32_t *kept, size_t count) {
    lwi_sets fresh;
    lw_status status = lwi_sets_init(&fresh, s->grammar);
    for (size_t i = 0; i < count && status == LW_OK; i++)
        status = copy_set(&fresh, s, &kept[i]);
    if (status != LW_OK) {
        lwi_sets_free(&fresh);
        return status;
    }
    lwi_sets_free(s);
    *s = fresh;
    return LW_OK;
}
