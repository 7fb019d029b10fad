/* SPDX-License-Identifier: MIT */
#include "ops/sequence_state.h"

#include "base/checked.h"

#include <string.h>

enum { POSITIONS, SEQUENCES, SLOTS, STATE };

lw_status lwi_sequence_state_check(const lwi_call *c, size_t input, size_t tokens, size_t elements,
                                   lwi_sequence_state *s) {
    const int64_t offset = lwi_attr_int(c->node, "offset", 0), n = (int64_t)tokens;
    LW_TRY(lwi_need_shape(c, input + POSITIONS, 1, &n));
    LW_TRY(lwi_need_shape(c, input + SEQUENCES, 1, &n));
    LW_TRY(lwi_need_rank(c, input + SLOTS, 1, 1));
    LW_TRY(lwi_need_rank(c, input + STATE, 2, 2));
    const lw_value *state = c->in[input + STATE];
    if (offset < 0 || !lwi_within((uint64_t)offset, elements, (uint64_t)state->dims[1]))
        return lwi_call_fail(c, LW_SHAPE, "slots of %lld elements are too small for %zu from %lld",
                             (long long)state->dims[1], elements, (long long)offset);
    s->tokens = tokens;
    s->sequences = (size_t)c->in[input + SLOTS]->dims[0];
    s->slot = (size_t)state->dims[1];
    s->state = state->data ? (float *)state->data + offset : NULL;
    return LW_OK;
}

/* Each sequence has a slot, and no two the same. */
static lw_status check_slots(lwi_call *c, const lwi_sequence_state *s, int64_t slots) {
    uint8_t *taken = NULL;
    LW_TRY(lwi_scratch(c, (size_t)slots + 1, 1, &taken));
    memset(taken, 0, (size_t)slots);
    for (size_t i = 0; i < s->sequences; i++) {
        const int32_t slot = s->slots[i];
        if (slot < 0 || slot >= slots || taken[slot])
            return lwi_call_fail(c, LW_RANGE,
                                 "sequence %zu has slot %d of %lld, or shares it with another", i,
                                 slot, (long long)slots);
        taken[slot] = 1;
    }
    return LW_OK;
}

static lw_status check_tokens(const lwi_call *c, const lwi_sequence_state *s,
                              const int32_t *sequence) {
    for (size_t t = 0; t < s->tokens; t++)
        if (s->position[t] < 0 || sequence[t] < 0 || (size_t)sequence[t] >= s->sequences)
            return lwi_call_fail(c, LW_RANGE, "token %zu is at position %d of sequence %d, of %zu",
                                 t, s->position[t], sequence[t], s->sequences);
    return LW_OK;
}

/* Counting sort, which keeps the order within a sequence. */
static void sort(lwi_sequence_state *s, const int32_t *sequence) {
    memset(s->first, 0, (s->sequences + 2) * sizeof *s->first);
    size_t *next = s->first + 1;
    for (size_t t = 0; t < s->tokens; t++)
        next[sequence[t] + 1]++;
    for (size_t i = 1; i <= s->sequences; i++)
        next[i] += next[i - 1];
    for (size_t t = 0; t < s->tokens; t++)
        s->order[next[sequence[t]]++] = t;
}

lw_status lwi_sequence_state_open(lwi_call *c, size_t input, lwi_sequence_state *s) {
    const int32_t *sequence = c->in[input + SEQUENCES]->data;
    s->position = c->in[input + POSITIONS]->data;
    s->slots = c->in[input + SLOTS]->data;
    LW_TRY(check_slots(c, s, c->in[input + STATE]->dims[0]));
    LW_TRY(check_tokens(c, s, sequence));
    LW_TRY(lwi_scratch(c, s->tokens + 1, sizeof *s->order, &s->order));
    LW_TRY(lwi_scratch(c, s->sequences + 2, sizeof *s->first, &s->first));
    sort(s, sequence);
    return LW_OK;
}
