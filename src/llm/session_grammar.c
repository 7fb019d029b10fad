/* SPDX-License-Identifier: MIT
 * Sessions whose text has to follow a grammar. The vocabulary that grammars need is made when the
 * first such session is, and belongs to the model. */
#include "llm/llm_session.h"

#include <string.h>

static size_t words_of(const lwi_token_rules *r) { return (r->n + 63) / 64; }

/* The bytes of every token, one behind the other. Control tokens have none. */
static lw_status read_bytes(const lw_llm *llm, lw_string *tokens, char **bytes) {
    size_t used = 0, capacity = 0;
    for (size_t i = 0; i < llm->vocabulary; i++) {
        const int32_t token = (int32_t)i;
        const unsigned kind = lw_tokenizer_attributes(llm->tokenizer, token);
        size_t n = 0;
        tokens[i].size = 0;
        if (kind == 0 || kind & (LW_TOKEN_CONTROL | LW_TOKEN_UNKNOWN | LW_TOKEN_UNUSED)) continue;
        LW_TRY(lw_tokenizer_bytes(llm->tokenizer, token, NULL, 0, &n));
        LW_TRY(lwi_grow(&lwi_malloc_allocator, bytes, &capacity, used + n + 1, 1));
        LW_TRY(lw_tokenizer_bytes(llm->tokenizer, token, *bytes + used, n, &n));
        tokens[i].size = n;
        used += n;
    }
    size_t at = 0;
    for (size_t i = 0; i < llm->vocabulary; at += tokens[i++].size)
        tokens[i].data = *bytes + at;
    return LW_OK;
}

static lw_status make_vocabulary(lw_llm *llm) {
    lw_string *tokens = NULL;
    char *bytes = NULL;
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, llm->vocabulary, sizeof *tokens, &tokens));
    lw_status status = read_bytes(llm, tokens, &bytes);
    if (status == LW_OK)
        status = lw_vocabulary_new(tokens, llm->vocabulary, &llm->grammar_vocabulary);
    lwi_free(&lwi_malloc_allocator, tokens);
    lwi_free(&lwi_malloc_allocator, bytes);
    return status;
}

static lw_status share_vocabulary(const lw_llm *shared) {
    lw_llm *llm = (lw_llm *)shared;
    lw_status status = LW_OK;
    pthread_mutex_lock(&llm->lock);
    if (!llm->grammar_vocabulary) status = make_vocabulary(llm);
    pthread_mutex_unlock(&llm->lock);
    return status;
}

lw_status lwi_token_rules_init(lwi_token_rules *r, const lw_llm *llm, const lw_grammar *grammar) {
    *r = (lwi_token_rules){.n = llm->vocabulary, .tokenizer = llm->tokenizer};
    if (!grammar) return LW_OK;
    if (!llm->tokenizer)
        return lwi_fail(LW_NOT_FOUND, "a grammar needs a tokenizer, and the model has none");
    LW_TRY(share_vocabulary(llm));
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, words_of(r), sizeof *r->mask, &r->mask));
    return lw_matcher_new(grammar, llm->grammar_vocabulary, &r->matcher);
}

void lwi_token_rules_free(lwi_token_rules *r) {
    lw_matcher_free(r->matcher);
    lwi_free(&lwi_malloc_allocator, r->mask);
}

/* What the grammar allows; and the ends of a text, where it may end. */
lw_status lwi_token_rules_mask(lwi_token_rules *r, const uint64_t **allowed) {
    const uint64_t *mask = NULL;
    *allowed = NULL;
    if (!r->matcher) return LW_OK;
    LW_TRY(lw_matcher_mask(r->matcher, &mask));
    memcpy(r->mask, mask, words_of(r) * sizeof *mask);
    const bool complete = lw_matcher_complete(r->matcher);
    for (size_t i = 0; i < r->n && complete; i++)
        if (lw_tokenizer_attributes(r->tokenizer, (int32_t)i) & LW_TOKEN_END)
            r->mask[i / 64] |= UINT64_C(1) << i % 64;
    *allowed = r->mask;
    return LW_OK;
}

lw_status lwi_token_rules_accept(lwi_token_rules *r, int32_t token) {
    if (!r->matcher || lw_tokenizer_attributes(r->tokenizer, token) & LW_TOKEN_END) return LW_OK;
    return lw_matcher_token(r->matcher, (size_t)token);
}
