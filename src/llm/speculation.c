/* SPDX-License-Identifier: MIT
 * Guesses of what follows, by a smaller model (Leviathan et al. 2022, arXiv 2211.17192) or by what
 * followed the same tokens before (Saxena 2023, github.com/apoorvumang/prompt-lookup-decoding). A
 * session computes them together with its last token. Choosing goes on as ever, from the logits
 * after the last token; while the chosen tokens are the guessed ones, the next logits are there. */
#include "llm/llm_session.h"

#include <string.h>

/* --------------------------------------------------------------------- life */

/* Where both have tokenizers, a number must mean the same token. */
static lw_status check_tokens(const lw_llm *llm, const lw_llm *draft) {
    const size_t n = llm->vocabulary < draft->vocabulary ? llm->vocabulary : draft->vocabulary;
    if (!llm->tokenizer || !draft->tokenizer) return LW_OK;
    for (size_t i = 0; i < n; i++) {
        lw_string a = {NULL, 0}, b = {NULL, 0};
        if (lw_tokenizer_piece(llm->tokenizer, (int32_t)i, &a) != LW_OK ||
            lw_tokenizer_piece(draft->tokenizer, (int32_t)i, &b) != LW_OK)
            continue; /* beyond a tokenizer's own tokens */
        if (a.size != b.size || (a.size && memcmp(a.data, b.data, a.size) != 0))
            return lwi_fail(LW_INVALID, "token %zu of the draft model is another one", i);
    }
    return LW_OK;
}

static lw_status open_draft(lw_session *s, lw_batch *batch) {
    const lw_session_options options = {.size = sizeof options,
                                        .batch = batch,
                                        .sampling =
                                            s->sampler.options.size ? &s->sampler.options : NULL};
    if (batch == s->batch)
        return lwi_fail(LW_INVALID, "lw_speculation: the draft is the session's own batch");
    LW_TRY(check_tokens(s->llm, batch->llm));
    return lw_session_new(batch->llm, &options, &s->ahead.draft);
}

lw_status lwi_speculation_init(lw_session *s, const lw_speculation *o) {
    lwi_speculation *a = &s->ahead;
    if (!o) return LW_OK;
    if (o->size < sizeof *o)
        return lwi_fail(LW_INVALID, "lw_speculation: size is %zu, expected %zu", o->size,
                        sizeof *o);
    if (!o->draft && o->lookup == 0) return LW_OK;
    if (s->llm->state_elements || (o->draft && o->draft->llm->state_elements))
        return lwi_fail(LW_UNSUPPORTED, "guesses ahead need models that can take tokens back; "
                                        "recurrent ones cannot");
    if (s->llm->source_layers)
        return lwi_fail(LW_UNSUPPORTED, "guesses ahead are not for models that read a source");
    a->lookup = o->lookup;
    a->most = o->tokens ? o->tokens : 8;
    a->length = a->most;
    LW_TRY(lwi_alloc_array(&s->allocator, a->most, sizeof *a->guesses, &a->guesses));
    return o->draft ? open_draft(s, o->draft) : LW_OK;
}

void lwi_speculation_free(lw_session *s) {
    lw_session_free(s->ahead.draft);
    lwi_free(&s->allocator, s->ahead.guesses);
}

/* ------------------------------------------------------------------ look-up */

/* Where the longest of the last tokens, `lookup` at most, stood before, the last time; 0: nowhere.
 * What followed is there. */
static size_t find_before(const lw_session *s) {
    const int32_t *t = s->tokens, last = t[s->n - 1];
    size_t found = 0, best = s->ahead.lookup > 1 ? 1 : 0;
    for (size_t end = s->n - 1; end > best && best < s->ahead.lookup; end--) {
        size_t same = 0;
        if (t[end - 1] != last) continue;
        while (same < s->ahead.lookup && same < end && t[end - 1 - same] == t[s->n - 1 - same])
            same++;
        if (same <= best) continue;
        best = same;
        found = end;
    }
    return found;
}

/* Behind the end of the text, the guesses themselves go on. */
static void look_up(lw_session *s, size_t n) {
    lwi_speculation *a = &s->ahead;
    const size_t from = a->lookup ? find_before(s) : 0;
    for (size_t i = 0; i < n && from; i++)
        a->guesses[i] = from + i < s->n ? s->tokens[from + i] : a->guesses[from + i - s->n];
    a->n = from ? n : 0;
}

/* -------------------------------------------------------------------- draft */

/* The draft's session gets the tokens of this one. */
static lw_status follow(const lw_session *s, lw_session *d) {
    size_t same = 0;
    while (same < s->n && same < d->n && s->tokens[same] == d->tokens[same])
        same++;
    if (same < d->n) {
        lwi_sequence_release(d, same);
        d->n = same;
    }
    if (d->done == s->n) lwi_sequence_redo(d, s->n - 1); /* its logits are wanted again */
    lwi_session_forget(d);
    return lw_session_feed(d, s->tokens + same, s->n - same);
}

/* It draws with the random numbers that the session will have: where both models agree, so do
 * their tokens. */
static lw_status draw(lw_session *s, size_t n) {
    lwi_speculation *a = &s->ahead;
    lw_session *d = a->draft;
    d->sampler.mu = s->sampler.mu;
    LW_TRY(follow(s, d));
    while (a->n < n) {
        int32_t token = -1;
        LW_TRY(lwi_session_compute(d));
        LW_TRY(lwi_sampler_choose(&d->sampler, lwi_session_logits(d), d->llm->vocabulary, d->tokens,
                                  d->n, s->drawn + a->n, NULL, &token));
        if ((size_t)token >= s->llm->vocabulary) return LW_OK;
        a->guesses[a->n++] = token;
        LW_TRY(lw_session_feed(d, &token, 1));
    }
    return LW_OK;
}

/* --------------------------------------------------------------------- step */

/* Guesses must not take blocks that other sessions may need. */
static size_t room_for(const lw_session *s) {
    const lwi_cache_blocks *c = &s->batch->blocks;
    size_t spare = lwi_cache_blocks_left(c), room = s->n_blocks * c->size;
    spare = spare > s->batch->n_sessions ? spare - s->batch->n_sessions : 0;
    room += spare * c->size;
    if (room > s->most) room = s->most;
    return room > s->n ? room - s->n : 0;
}

lw_status lwi_speculation_guess(lw_session *s, size_t most) {
    lwi_speculation *a = &s->ahead;
    const size_t room = a->most ? room_for(s) : 0;
    size_t n = a->length < most ? a->length : most;
    if (n > room) n = room;
    a->n = a->left = 0;
    if (a->wait > 0 && s->n - s->done == 1) {
        a->wait--;
        return LW_OK;
    }
    if (n == 0 || s->n - s->done != 1 || s->scores || s->wants_state) return LW_OK;
    look_up(s, n);
    if (a->n == 0 && a->draft) {
        const lw_status status = draw(s, n);
        if (status == LW_LIMIT || status == LW_RANGE) return LW_OK; /* as far as it can follow */
        LW_TRY(status);
    }
    a->guessed += a->n;
    return LW_OK;
}

/* Where few guesses were right, few are tried next: 1, 3, 7 and so on, since each number of tokens
 * has a plan of its own. Where none was again and again, the next ones wait for 2, 6, 14 tokens. */
static void adapt(lwi_speculation *a, size_t right) {
    enum { MOST_MISSES = 4 };
    size_t n = 1;
    a->misses = right ? 0 : a->misses < MOST_MISSES ? a->misses + 1 : MOST_MISSES;
    a->wait = a->misses ? ((size_t)1 << a->misses) - 2 : 0;
    while (n < 2 * right + 1)
        n = 2 * n + 1;
    a->length = n < a->most ? n : a->most;
}

bool lwi_speculation_accept(lw_session *s) {
    lwi_speculation *a = &s->ahead;
    if (a->left == 0) return false;
    const size_t at = a->n - a->left;
    const bool same = s->tokens[s->n - 1] == a->guesses[at];
    if (same) {
        a->right++;
        a->left--;
        s->row++;
        s->done++;
        lwi_sequence_keep_blocks(s);
    } else a->left = 0;
    if (a->left == 0) adapt(a, at + same);
    return same;
}

void lw_session_speculated(const lw_session *s, size_t *guessed, size_t *right) {
    if (guessed) *guessed = s ? s->ahead.guessed : 0;
    if (right) *right = s ? s->ahead.right : 0;
}
