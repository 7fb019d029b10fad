/* SPDX-License-Identifier: MIT */
#include "text/token_decoder.h"

lw_status lwi_decoder_add(lwi_decoder *decoder, lwi_decode_step step) {
    if (decoder->n == LWI_MOST_DECODE_STEPS)
        return lwi_fail(LW_LIMIT, "tokenizer: more than %d decoders", LWI_MOST_DECODE_STEPS);
    decoder->steps[decoder->n++] = step;
    return LW_OK;
}

static lw_string text_of(const char *text) { return (lw_string){text, strlen(text)}; }

static bool starts(const lwi_growing *token, lw_string with) {
    return with.size && token->size >= with.size && !memcmp(token->data, with.data, with.size);
}

static void swap(lwi_growing *a, lwi_growing *b) {
    const lwi_growing kept = *a;
    *a = *b;
    *b = kept;
}

/* Every `from` by `to`. */
static lw_status replace(lw_string from, lw_string to, lwi_growing *token, lwi_growing *spare) {
    if (!from.size || !token->size || !memmem(token->data, token->size, from.data, from.size))
        return LW_OK;
    const char *at = token->data, *end = at + token->size, *found;
    spare->size = 0;
    while ((found = memmem(at, (size_t)(end - at), from.data, from.size))) {
        LW_TRY(lwi_growing_add(spare, at, (size_t)(found - at)));
        LW_TRY(lwi_growing_add(spare, to.data, to.size));
        at = found + from.size;
    }
    LW_TRY(lwi_growing_add(spare, at, (size_t)(end - at)));
    swap(token, spare);
    return LW_OK;
}

static lw_status clean_up(lwi_growing *token, lwi_growing *spare) {
    static const char *const pairs[][2] = {
        {" .", "."},   {" ?", "?"},     {" !", "!"},     {" ,", ","},
        {" ' ", "'"},  {" n't", "n't"}, {" 'm", "'m"},   {" do not", " don't"},
        {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        LW_TRY(replace(text_of(pairs[i][0]), text_of(pairs[i][1]), token, spare));
    return LW_OK;
}

/* Something before the token. */
static lw_status put_before(lw_string text, lwi_growing *token, lwi_growing *spare) {
    spare->size = 0;
    LW_TRY(lwi_growing_add(spare, text.data, text.size));
    LW_TRY(lwi_growing_add(spare, token->data, token->size));
    swap(token, spare);
    return LW_OK;
}

static void cut_left(lwi_growing *token, size_t n) {
    if (!n) return;
    token->size -= n;
    memmove(token->data, token->data + n, token->size);
}

static lw_status wordpiece(const lwi_decode_step *step, bool first, lwi_growing *token,
                           lwi_growing *spare) {
    if (!first && starts(token, step->from)) cut_left(token, step->from.size);
    else if (!first) LW_TRY(put_before(text_of(" "), token, spare));
    return step->cleanup ? clean_up(token, spare) : LW_OK;
}

static lw_status strip(const lwi_decode_step *step, lwi_growing *token) {
    size_t left = 0;
    const lw_string c = step->from;
    const size_t whole = token->size;
    while (left < step->left && starts(token, c)) {
        cut_left(token, c.size);
        left++;
    }
    for (size_t i = 0; i < step->right && c.size && token->size >= c.size && whole; i++) {
        if (memcmp(token->data + token->size - c.size, c.data, c.size)) break;
        token->size -= c.size;
    }
    return LW_OK;
}

static lw_status ctc(const lwi_decode_step *step, lwi_decode_place place, lwi_growing *token,
                     lwi_growing *spare) {
    if (!place.first && token->size == place.previous.size && token->size &&
        !memcmp(token->data, place.previous.data, token->size)) {
        token->size = 0;
        return LW_OK;
    }
    LW_TRY(replace(step->from, (lw_string){"", 0}, token, spare));
    if (!step->cleanup) return LW_OK;
    LW_TRY(clean_up(token, spare));
    return replace(step->to, text_of(" "), token, spare);
}

static lw_status apply(const lwi_decode_step *step, lwi_decode_place place, lwi_growing *token,
                       lwi_growing *spare) {
    switch (step->kind) {
    case LWI_DECODE_METASPACE:
        return replace(step->from, text_of(place.first && !step->keep_first ? "" : " "), token,
                       spare);
    case LWI_DECODE_WORDPIECE:
        return wordpiece(step, place.first, token, spare);
    case LWI_DECODE_STRIP:
        return strip(step, token);
    case LWI_DECODE_CTC:
        return ctc(step, place, token, spare);
    case LWI_DECODE_REPLACE:
    case LWI_DECODE_SUFFIX:
        return replace(step->from, step->to, token, spare);
    }
    return LW_OK;
}

lw_status lwi_decode_token(const lwi_decoder *decoder, lwi_decode_place place, lwi_growing *token,
                           lwi_growing *spare) {
    for (size_t i = 0; i < decoder->n; i++)
        LW_TRY(apply(decoder->steps + i, place, token, spare));
    return LW_OK;
}
