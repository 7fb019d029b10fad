/* SPDX-License-Identifier: MIT
 * What lampwick/tokenizer.h offers beyond loading and decoding. */
#include "text/text_tokenizer.h"

/* The encoder's tokens, if that went well; it is given back. */
static lw_status hand_out(const lw_tokenizer *t, lwi_encoder *encoder, lw_status status,
                          int32_t *tokens, size_t capacity, size_t *n) {
    if (status == LW_OK) {
        *n = encoder->ids.n;
        if (capacity > encoder->ids.n) capacity = encoder->ids.n;
        if (capacity) memcpy(tokens, encoder->ids.items, capacity * sizeof *tokens);
    }
    lwi_encoder_give(t, encoder);
    return status;
}

lw_status lw_tokenizer_encode(const lw_tokenizer *tokenizer, const char *text, size_t size,
                              unsigned flags, int32_t *tokens, size_t capacity, size_t *n) {
    lwi_encoder *encoder = NULL;
    LW_TRY(lwi_encoder_take(tokenizer, &encoder));
    const lw_status status = lwi_encode(tokenizer, encoder, (lw_string){text, size}, flags);
    return hand_out(tokenizer, encoder, status, tokens, capacity, n);
}

lw_status lw_tokenizer_encode_pair(const lw_tokenizer *tokenizer, lw_string first,
                                   lw_string second_text, unsigned flags, int32_t *tokens,
                                   size_t capacity, size_t *n, size_t *second) {
    lwi_encoder *encoder = NULL;
    size_t begin = 0;
    LW_TRY(lwi_encoder_take(tokenizer, &encoder));
    lw_status status = lwi_encode_pair(tokenizer, encoder, first, second_text, flags, &begin);
    status = hand_out(tokenizer, encoder, status, tokens, capacity, n);
    if (status == LW_OK) *second = begin;
    return status;
}

lw_status lw_tokenizer_get_info(const lw_tokenizer *t, lw_tokenizer_info *info) {
    lw_tokenizer_info full = {
        .size = info->size,
        .kind = t->kind,
        .vocabulary = t->vocabulary.count,
        .bos = t->bos,
        .eos = t->eos,
        .eot = t->eot,
        .pad = t->pad,
        .unk = t->unknown,
        .sep = t->sep,
        .cls = t->cls,
        .mask = t->mask,
        .adds_bos = t->before.n > 0,
        .adds_eos = t->after.n > 0,
    };
    if (info->size < offsetof(lw_tokenizer_info, bos) || info->size > sizeof full)
        return lwi_fail(LW_INVALID, "lw_tokenizer_info.size is %zu", info->size);
    memcpy(info, &full, info->size);
    return LW_OK;
}

lw_status lw_tokenizer_part(size_t index, lw_tokenizer_part_info *info) {
    static const lw_tokenizer_part_info parts[] = {
        {sizeof *parts, "PCRE2", "regular expressions of tokenizers",
#ifdef LWI_HAVE_PCRE2
         true
#else
         false
#endif
        },
        {sizeof *parts, "utf8proc", "normal forms of Unicode",
#ifdef LWI_HAVE_UTF8PROC
         true
#else
         false
#endif
        },
        {sizeof *parts, "zlib", "transcripts that repeat themselves",
#ifdef LWI_HAVE_ZLIB
         true
#else
         false
#endif
        },
    };
    if (index >= sizeof parts / sizeof *parts)
        return lwi_fail(LW_RANGE, "there is no part %zu of the tokenizers", index);
    if (info->size != sizeof *info)
        return lwi_fail(LW_INVALID, "lw_tokenizer_part_info.size is %zu", info->size);
    *info = parts[index];
    return LW_OK;
}

static bool is_token(const lw_tokenizer *t, int32_t token) {
    return token >= 0 && (size_t)token < t->vocabulary.count;
}

lw_status lw_tokenizer_piece(const lw_tokenizer *tokenizer, int32_t token, lw_string *piece) {
    if (!is_token(tokenizer, token))
        return lwi_fail(LW_RANGE, "no token has the number %d; there are %zu", token,
                        tokenizer->vocabulary.count);
    *piece = tokenizer->vocabulary.written[token];
    return LW_OK;
}

lw_status lw_tokenizer_find(const lw_tokenizer *tokenizer, const char *piece, size_t size,
                            int32_t *token) {
    const int32_t id = lwi_vocabulary_find_written(&tokenizer->vocabulary, piece, size);
    if (id == LWI_NO_TOKEN)
        return lwi_fail(LW_NOT_FOUND, "no token is written '%.*s'", size > 200 ? 200 : (int)size,
                        piece);
    *token = id;
    return LW_OK;
}

unsigned lw_tokenizer_attributes(const lw_tokenizer *tokenizer, int32_t token) {
    return is_token(tokenizer, token) ? tokenizer->vocabulary.attributes[token] : 0;
}
