/* SPDX-License-Identifier: MIT
 * State that sequences carry from token to token (recurrent networks in language models). It is an
 * input of the graph that the run writes to: float32 [slots, elements], where each operator has a
 * part of every slot. The operators' last inputs are
 *   positions  int32 [tokens]     a token at position 0 finds a state of zeros
 *   sequences  int32 [tokens]     row of slots
 *   slots      int32 [sequences]  whose state is whose
 *   state
 * and the attribute `offset` tells where the operator's part of a slot begins. Tokens of a sequence
 * are taken in the order in which they stand, whatever stands between them. */
#ifndef LWI_SEQUENCE_STATE_H
#define LWI_SEQUENCE_STATE_H

#include <string.h>

#include "ops/op.h"

typedef struct lwi_sequence_state {
    size_t tokens, sequences;
    size_t slot; /* elements of one */
    const int32_t *position, *slots;
    size_t *order; /* [tokens], those of one sequence together */
    size_t *first; /* [sequences + 1]: sequence i has order[first[i]] to order[first[i + 1] - 1] */
    float *state;  /* where the operator's part of slot 0 begins */
} lwi_sequence_state;

/* Shapes: `input` is the first of the four, `elements` the size of the operator's part. */
lw_status lwi_sequence_state_check(const lwi_call *call, size_t input, size_t tokens,
                                   size_t elements, lwi_sequence_state *s);
/* In run, after that: the numbers, and the order of the tokens. */
lw_status lwi_sequence_state_open(lwi_call *call, size_t input, lwi_sequence_state *s);

static inline float *lwi_sequence_state_of(const lwi_sequence_state *s, size_t sequence) {
    return s->state + (size_t)s->slots[sequence] * s->slot;
}

/* The i-th token in that order, and n elements of its sequence's state as it finds them. */
static inline size_t lwi_sequence_state_enter(const lwi_sequence_state *s, size_t i, float *state,
                                              size_t n) {
    const size_t token = s->order[i];
    if (s->position[token] == 0) memset(state, 0, n * sizeof *state);
    return token;
}

#endif
