/* SPDX-License-Identifier: MIT
 * Sessions: tokens in, tokens out. */
#include "base/checked.h"
#include "llm/llm_session.h"

#include <string.h>

/* --------------------------------------------------------------------- life */

static void join(lw_session *s) {
    lw_batch *b = s->batch;
    if (b->sessions) {
        s->next = b->sessions->next;
        b->sessions->next = s;
    } else s->next = b->sessions = s;
    b->n_sessions++;
}

static void leave(lw_session *s) {
    lw_batch *b = s->batch;
    lw_session *before = s;
    while (before->next != s)
        before = before->next;
    before->next = s->next;
    b->sessions = --b->n_sessions ? before : NULL;
}

static lw_status prepare(lw_session *s, const lw_session_options *o) {
    const lw_llm *llm = s->llm;
    s->batch = o ? o->batch : NULL;
    if (!s->batch) {
        LW_TRY(lw_batch_new(llm, o ? o->batch_options : NULL, &s->batch));
        s->owns_batch = true;
    }
    const size_t room = llm->encoder          ? llm->context
                        : llm->cache_elements ? s->batch->per_sequence * llm->cache_positions
                                              : SIZE_MAX;
    s->most = o && o->most_tokens ? o->most_tokens : llm->context;
    if (s->most > room) s->most = room;
    s->shift = o && o->shift;
    s->keep = o ? o->keep : 0;
    s->pooling = o && o->pooling && !llm->classifier ? o->pooling : llm->pooling;
    s->vectors =
        llm->source_layers ? o && o->pooling : llm->encoder || s->pooling != LW_POOLING_LAST;
    if (s->shift && s->keep >= s->most)
        return lwi_fail(LW_INVALID, "keep is %zu, of %zu tokens", s->keep, s->most);
    LW_TRY(lwi_sampler_init(&s->sampler, &s->allocator, o ? o->sampling : NULL));
    LW_TRY(lwi_speculation_init(s, o ? o->speculation : NULL));
    size_t logits = 0;
    if (!lwi_mul_size(1 + s->ahead.most, llm->vocabulary, &logits))
        return lwi_fail(LW_LIMIT, "%zu guesses at a time are too many", s->ahead.most);
    if (!s->vectors) LW_TRY(lwi_alloc_array(&s->allocator, logits, sizeof *s->logits, &s->logits));
    LW_TRY(lwi_grow(&s->allocator, &s->state, &s->cap_state, llm->width, sizeof *s->state));
    return lwi_token_rules_init(&s->rules, llm, o ? o->grammar : NULL);
}

lw_status lw_session_new(const lw_llm *llm, const lw_session_options *options,
                         lw_session **session) {
    if (!llm || !session) return lwi_fail(LW_INVALID, "lw_session_new: llm or session is NULL");
    if (options && options->size < sizeof *options)
        return lwi_fail(LW_INVALID, "lw_session_options: size is %zu, expected %zu", options->size,
                        sizeof *options);
    if (options && options->batch && options->batch->llm != llm)
        return lwi_fail(LW_INVALID, "lw_session_new: the batch is of another model");
    lw_session *s = NULL;
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, 1, sizeof *s, &s));
    s->allocator = lwi_malloc_allocator;
    s->llm = llm;
    s->slot = -1;
    s->second = SIZE_MAX;
    const lw_status status = prepare(s, options);
    if (status == LW_OK) {
        join(s);
        *session = s;
    } else lw_session_free(s);
    return status;
}

void lw_session_free(lw_session *s) {
    if (!s) return;
    if (s->batch && s->next) leave(s);
    if (s->batch) lwi_sequence_release(s, 0);
    if (s->batch) lwi_state_slot_give(&s->batch->slots, s->slot);
    lwi_speculation_free(s);
    if (s->owns_batch) lw_batch_free(s->batch);
    lwi_sampler_free(&s->sampler);
    lwi_token_rules_free(&s->rules);
    lw_detokenizer_free(s->detokenizer);
    lwi_free(&s->allocator, s->tokens);
    lwi_free(&s->allocator, s->source.tokens);
    lwi_free(&s->allocator, s->blocks);
    lwi_free(&s->allocator, s->logits);
    lwi_free(&s->allocator, s->state);
    lwi_free(&s->allocator, s->sum);
    lwi_free(&s->allocator, s);
}

/* ------------------------------------------------------------------- tokens */

void lwi_session_forget(lw_session *s) {
    s->has_logits = s->has_state = false;
    s->chosen_from = NULL;
    s->ahead.left = 0;
}

/* Drops the first half of what follows the kept tokens; the rest is computed anew. */
static void drop_half(lw_session *s) {
    const size_t keep = s->keep < s->n ? s->keep : 0, drop = (s->n - keep + 1) / 2;
    lwi_sequence_release(s, keep);
    memmove(s->tokens + keep, s->tokens + keep + drop, (s->n - keep - drop) * sizeof *s->tokens);
    s->n -= drop;
}

lw_status lwi_sequence_make_room(lw_session *s, size_t n) {
    while (s->shift && s->n + n > s->most && s->n > s->keep + 1)
        drop_half(s);
    if (n > s->most || s->n > s->most - n)
        return lwi_fail(LW_LIMIT, "%zu tokens and %zu more are above the limit of %zu", s->n, n,
                        s->most);
    return lwi_grow(&s->allocator, &s->tokens, &s->capacity, s->n + n, sizeof *s->tokens);
}

lw_status lwi_session_check_tokens(const lw_session *s, const int32_t *tokens, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (tokens[i] < 0 || (size_t)tokens[i] >= s->llm->vocabulary)
            return lwi_fail(LW_RANGE, "token %d is not one of %zu", tokens[i], s->llm->vocabulary);
    return LW_OK;
}

lw_status lw_session_feed(lw_session *s, const int32_t *tokens, size_t n) {
    if (!s || (n && !tokens)) return lwi_fail(LW_INVALID, "lw_session_feed: an argument is NULL");
    LW_TRY(lwi_session_check_tokens(s, tokens, n));
    if (n == 0) return LW_OK;
    LW_TRY(lwi_sequence_make_room(s, n));
    memcpy(s->tokens + s->n, tokens, n * sizeof *tokens);
    s->n += n;
    lwi_session_forget(s);
    return LW_OK;
}

lw_status lw_session_begin_second(lw_session *s) {
    if (!s) return lwi_fail(LW_INVALID, "lw_session_begin_second: session is NULL");
    s->second = s->n;
    return LW_OK;
}

const int32_t *lw_session_tokens(const lw_session *s, size_t *n) {
    if (n) *n = s ? s->n : 0;
    return s ? s->tokens : NULL;
}

lw_status lw_session_rewind(lw_session *s, size_t n) {
    if (!s || n > s->n)
        return lwi_fail(LW_RANGE, "lw_session_rewind: to %zu of %zu tokens", n, s ? s->n : 0);
    lwi_sequence_release(s, n);
    s->n = n;
    if (s->second > n) s->second = SIZE_MAX;
    if (s->done == n && n > 0) lwi_sequence_redo(s, n - 1); /* its logits are wanted again */
    lwi_session_forget(s);
    return LW_OK;
}

size_t lw_session_reused(const lw_session *s) { return s ? s->reused : 0; }

/* ------------------------------------------------------------------ results */

bool lw_session_ready(const lw_session *s) {
    return s && (s->vectors ? s->has_state : s->has_logits);
}

static lw_status compute(lw_session *s) {
    if (s->n == 0) return lwi_fail(LW_INVALID, "the session has no tokens yet");
    while (!lw_session_ready(s) || (s->wants_state && !s->has_state)) {
        size_t tokens = 0;
        LW_TRY(lwi_batch_step(s->batch, &tokens));
        if (tokens == 0) return lwi_fail(LW_INTERNAL, "a step of the batch did nothing");
    }
    return LW_OK;
}

lw_status lwi_session_compute(lw_session *s) {
    if (!s->vectors) return compute(s);
    return lwi_fail(LW_UNSUPPORTED,
                    s->llm->encoder ? "the model '%s' is an encoder: it has no logits"
                                    : "a session of '%s' with pooled states has no logits",
                    s->llm->architecture);
}

lw_status lw_session_logits(lw_session *s, const float **logits) {
    if (!s || !logits) return lwi_fail(LW_INVALID, "lw_session_logits: an argument is NULL");
    LW_TRY(lwi_session_compute(s));
    *logits = lwi_session_logits(s);
    return LW_OK;
}

lw_status lw_session_embedding(lw_session *s, const float **embedding) {
    if (!s || !embedding) return lwi_fail(LW_INVALID, "lw_session_embedding: an argument is NULL");
    s->wants_state = true;
    LW_TRY(compute(s));
    *embedding = s->state;
    return LW_OK;
}

lw_status lw_session_next(lw_session *s, int32_t *token) {
    const uint64_t *allowed = NULL;
    int32_t chosen = -1;
    if (!s || !token) return lwi_fail(LW_INVALID, "lw_session_next: an argument is NULL");
    LW_TRY(lwi_session_compute(s));
    LW_TRY(lwi_sequence_make_room(s, 1));
    LW_TRY(lwi_token_rules_mask(&s->rules, &allowed));
    const float *logits = lwi_session_logits(s);
    LW_TRY(lwi_sampler_choose(&s->sampler, logits, s->llm->vocabulary, s->tokens, s->n, s->drawn,
                              allowed, &chosen));
    LW_TRY(lwi_token_rules_accept(&s->rules, chosen));
    s->tokens[s->n++] = chosen;
    s->chosen_from = logits;
    s->drawn++;
    s->has_state = false;
    s->has_logits = lwi_speculation_accept(s);
    *token = chosen;
    return LW_OK;
}

lw_status lw_session_logprobs(const lw_session *s, lw_token_probability *chosen,
                              lw_token_probability *top, size_t n) {
    if (!s || !s->chosen_from || (n && !top))
        return lwi_fail(LW_INVALID, "lw_session_logprobs: no token has been chosen just before");
    const size_t v = s->llm->vocabulary;
    const float *logits = s->chosen_from;
    const double total = lwi_log_sum_exp(logits, v);
    const int32_t token = s->tokens[s->n - 1];
    if (chosen) *chosen = (lw_token_probability){token, (float)((double)logits[token] - total)};
    for (size_t k = 0; k < n; k++) {
        int32_t best = -1;
        for (size_t i = 0; i < v; i++) {
            const bool later =
                k == 0 || logits[i] < logits[top[k - 1].token] ||
                (logits[i] == logits[top[k - 1].token] && (int32_t)i > top[k - 1].token);
            if (later && (best < 0 || logits[i] > logits[best])) best = (int32_t)i;
        }
        if (best < 0) return lwi_fail(LW_RANGE, "there are only %zu tokens", v);
        top[k] = (lw_token_probability){best, (float)((double)logits[best] - total)};
    }
    return LW_OK;
}
