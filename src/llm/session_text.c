/* SPDX-License-Identifier: MIT
 * Sessions: text in, text out. */
#include "llm/llm_session.h"

static lw_status need_tokenizer(const lw_session *s, const char *function) {
    if (s->llm->tokenizer) return LW_OK;
    return lwi_fail(LW_NOT_FOUND, "%s: the model has no tokenizer", function);
}

typedef lw_status take_fn(lw_session *s, const int32_t *tokens, size_t n);

static lw_status encode(lw_session *s, const char *text, size_t size, unsigned flags,
                        take_fn *take) {
    const lw_tokenizer *tokenizer = s->llm->tokenizer;
    size_t n = 0, capacity = size + 16;
    int32_t *tokens = NULL;
    LW_TRY(lwi_alloc_array(&s->allocator, capacity, sizeof *tokens, &tokens));
    lw_status status = lw_tokenizer_encode(tokenizer, text, size, flags, tokens, capacity, &n);
    if (status == LW_OK && n > capacity) {
        lwi_free(&s->allocator, tokens);
        tokens = NULL;
        capacity = n;
        LW_TRY(lwi_alloc_array(&s->allocator, capacity, sizeof *tokens, &tokens));
        status = lw_tokenizer_encode(tokenizer, text, size, flags, tokens, capacity, &n);
    }
    if (status == LW_OK) status = take(s, tokens, n);
    lwi_free(&s->allocator, tokens);
    return status;
}

lw_status lw_session_feed_text(lw_session *s, const char *text, size_t size,
                               unsigned encode_flags) {
    if (!s || (size && !text))
        return lwi_fail(LW_INVALID, "lw_session_feed_text: an argument is NULL");
    LW_TRY(need_tokenizer(s, "lw_session_feed_text"));
    return encode(s, text, size, encode_flags, lw_session_feed);
}

static lw_status feed_pair(lw_session *s, const int32_t *tokens, size_t n, size_t second) {
    const size_t first = second < n ? second : n;
    LW_TRY(lwi_sequence_make_room(s, n));
    LW_TRY(lw_session_feed(s, tokens, first));
    if (first == n) return LW_OK;
    LW_TRY(lw_session_begin_second(s));
    return lw_session_feed(s, tokens + first, n - first);
}

lw_status lw_session_feed_pair(lw_session *s, lw_string first, lw_string second_text,
                               unsigned encode_flags) {
    size_t n = 0, capacity = 0, second = 0;
    int32_t *tokens = NULL;
    if (!s || (first.size && !first.data) || (second_text.size && !second_text.data))
        return lwi_fail(LW_INVALID, "lw_session_feed_pair: an argument is NULL");
    LW_TRY(need_tokenizer(s, "lw_session_feed_pair"));
    const lw_tokenizer *t = s->llm->tokenizer;
    LW_TRY(
        lw_tokenizer_encode_pair(t, first, second_text, encode_flags, NULL, 0, &capacity, &second));
    LW_TRY(lwi_alloc_array(&s->allocator, capacity, sizeof *tokens, &tokens));
    lw_status status = lw_tokenizer_encode_pair(t, first, second_text, encode_flags, tokens,
                                                capacity, &n, &second);
    if (status == LW_OK) status = feed_pair(s, tokens, n, second);
    lwi_free(&s->allocator, tokens);
    return status;
}

lw_status lw_session_source_text(lw_session *s, const char *text, size_t size,
                                 unsigned encode_flags) {
    if (!s || (size && !text))
        return lwi_fail(LW_INVALID, "lw_session_source_text: an argument is NULL");
    LW_TRY(need_tokenizer(s, "lw_session_source_text"));
    return encode(s, text, size, encode_flags, lw_session_source);
}

lw_status lw_session_next_text(lw_session *s, lw_llm_text *text) {
    int32_t token = -1;
    if (!s || !text || text->size < sizeof *text)
        return lwi_fail(LW_INVALID, "lw_session_next_text: an argument is NULL or size not set");
    LW_TRY(need_tokenizer(s, "lw_session_next_text"));
    if (!s->detokenizer)
        LW_TRY(lw_detokenizer_new(s->llm->tokenizer, LW_DECODE_SKIP_SPECIAL | LW_DECODE_CONTINUE,
                                  &s->detokenizer));
    LW_TRY(lw_session_next(s, &token));
    const bool end = lw_tokenizer_attributes(s->llm->tokenizer, token) & LW_TOKEN_END;
    if (end) LW_TRY(lw_detokenizer_finish(s->detokenizer, &text->data, &text->length));
    else LW_TRY(lw_detokenizer_feed(s->detokenizer, token, &text->data, &text->length));
    text->token = token;
    text->finished = end;
    return LW_OK;
}

lw_status lw_session_end_text(lw_session *s, lw_llm_text *text) {
    if (!s || !text || text->size < sizeof *text)
        return lwi_fail(LW_INVALID, "lw_session_end_text: an argument is NULL or size not set");
    text->length = 0;
    text->token = -1;
    text->finished = true;
    return s->detokenizer ? lw_detokenizer_finish(s->detokenizer, &text->data, &text->length)
                          : LW_OK;
}
