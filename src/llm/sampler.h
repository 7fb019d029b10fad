/* SPDX-License-Identifier: MIT
 * Choosing a token. A sampler holds the candidates; filters drop some of them. Ties go to the
 * smaller token, so that the choice depends on logits and seed alone. */
#ifndef LWI_SAMPLER_H
#define LWI_SAMPLER_H

#include "base/memory.h"
#include "lampwick/llm.h"

typedef struct lwi_candidate {
    int32_t token;
    float logit;
    float p; /* set by lwi_candidates_softmax */
} lwi_candidate;

typedef struct lwi_candidates {
    lwi_candidate *items; /* [n] */
    size_t n;
    size_t sorted; /* the first so many are the likeliest, in order */
} lwi_candidates;

/* The first k are the k likeliest, in order. */
void lwi_candidates_sort(lwi_candidates *c, size_t k);
/* Probabilities of all, after division of the logits by the temperature. */
void lwi_candidates_softmax(lwi_candidates *c, float temperature);

/* A bit for each token below 64 * words. */
typedef struct lwi_token_set {
    uint64_t *bits;
    size_t words;
} lwi_token_set;

/* Penalties on what the last tokens were. breakers: tokens at which DRY's repetitions end. */
void lwi_penalize(const lw_sampling *s, lwi_candidates *c, const int32_t *tokens, size_t n,
                  const lwi_token_set *breakers);
/* Everything from top_k to XTC; at least one candidate is left. number: of draws before. */
void lwi_filter(const lw_sampling *s, lwi_candidates *c, uint64_t number);

typedef struct lwi_sampler {
    lw_allocator allocator;
    lw_sampling options; /* with a copy of the biases; breakers are in the set */
    lwi_token_set breakers;
    lwi_candidate *items;
    size_t capacity;
    float mu; /* of mirostat; 0: not begun */
} lwi_sampler;

lw_status lwi_sampler_init(lwi_sampler *sampler, const lw_allocator *allocator,
                           const lw_sampling *options);
void lwi_sampler_free(lwi_sampler *sampler);
/* allowed: NULL, or a bit for each token that may be chosen. LW_NOT_FOUND if none is left. */
lw_status lwi_sampler_choose(lwi_sampler *sampler, const float *logits, size_t n,
                             const int32_t *tokens, size_t n_tokens, uint64_t number,
                             const uint64_t *allowed, int32_t *token);

#endif
