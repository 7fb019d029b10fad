/* SPDX-License-Identifier: MIT
 * Tokens to text, at once and one by one. */
#include "base/utf8.h"
#include "text/lossy_utf8.h"
#include "text/text_tokenizer.h"

#define REPLACEMENT "\xef\xbf\xbd"

struct lw_detokenizer {
    const lw_tokenizer *tokenizer;
    unsigned flags;
    bool whole;      /* all tokens are there before any text is wanted */
    bool any;        /* a token has been seen */
    size_t stripped; /* characters taken from the beginning */
    bool strip_done;
    bool space_due;    /* a word has ended */
    lwi_growing bytes; /* of characters that are not complete */
    lwi_growing token, spare, previous;
    lwi_growing out;
};

static lw_status check(const lw_tokenizer *t, int32_t token) {
    if (token >= 0 && (size_t)token < t->vocabulary.count) return LW_OK;
    return lwi_fail(LW_RANGE, "no token has the number %d; there are %zu", token,
                    t->vocabulary.count);
}

/* Text goes out, without what the decoder takes from the beginning. */
static lw_status emit(lw_detokenizer *d, const char *data, size_t size) {
    const lwi_decoder *decoder = &d->tokenizer->decoder;
    const lw_string c = decoder->strip;
    while (!d->strip_done && size) {
        d->strip_done =
            d->stripped >= decoder->strip_left || size < c.size || memcmp(data, c.data, c.size);
        if (d->strip_done) break;
        data += c.size;
        size -= c.size;
        d->stripped++;
        d->strip_done = decoder->strip_each && size;
    }
    return lwi_growing_add(&d->out, data, size);
}

static lw_status emit_replacements(lw_detokenizer *d, size_t n) {
    for (size_t i = 0; i < n; i++)
        LW_TRY(emit(d, REPLACEMENT, sizeof REPLACEMENT - 1));
    return LW_OK;
}

/* Byte-level: the characters that are complete go out. */
static lw_status emit_characters(lw_detokenizer *d, bool more) {
    size_t used = 0;
    const lw_string bytes = {d->bytes.data, d->bytes.size};
    LW_TRY(lwi_lossy_utf8(bytes, more, &d->out, &used));
    d->bytes.size -= used;
    if (d->bytes.size) memmove(d->bytes.data, d->bytes.data + used, d->bytes.size);
    return LW_OK;
}

/* One character, or one U+FFFD for a byte that is part of none. */
static lw_status emit_each(lw_detokenizer *d, size_t n) {
    const char *at = d->bytes.data, *end = at + n;
    while (at < end) {
        const char *from = at;
        if (lwi_utf8_next(&at, end) == LWI_UTF8_BAD) LW_TRY(emit_replacements(d, 1));
        else LW_TRY(emit(d, from, (size_t)(at - from)));
    }
    return LW_OK;
}

/* Byte tokens: a run of them is text if it is UTF-8, otherwise each is one U+FFFD. */
static lw_status end_run(lw_detokenizer *d) {
    const size_t n = d->bytes.size;
    if (!n) return LW_OK;
    d->bytes.size = 0;
    if (d->tokenizer->decoder.lone_bytes) return emit_each(d, n);
    return lwi_utf8_valid(d->bytes.data, n) ? emit(d, d->bytes.data, n) : emit_replacements(d, n);
}

static lw_status feed_byte(lw_detokenizer *d, int32_t token) {
    const char byte = (char)lwi_byte_of(d->tokenizer->vocabulary.written[token]);
    LW_TRY(lwi_growing_add(&d->bytes, &byte, 1));
    const bool complete = !d->whole && lwi_utf8_valid(d->bytes.data, d->bytes.size);
    return complete ? end_run(d) : LW_OK;
}

static lw_status feed_text(lw_detokenizer *d, lw_string piece) {
    const lwi_decoder *decoder = &d->tokenizer->decoder;
    const lwi_decode_place place = {!d->any, {d->previous.data, d->previous.size}};
    LW_TRY(end_run(d));
    d->token.size = 0;
    LW_TRY(lwi_growing_add(&d->token, piece.data, piece.size));
    LW_TRY(lwi_decode_token(decoder, place, &d->token, &d->spare));
    d->previous.size = 0;
    LW_TRY(lwi_growing_add(&d->previous, piece.data, piece.size));
    if (d->space_due || (decoder->separate && d->any)) LW_TRY(emit(d, " ", 1));
    d->space_due = false;
    for (size_t i = 0; i < decoder->n; i++)
        if (decoder->steps[i].kind == LWI_DECODE_SUFFIX) {
            const lw_string suffix = decoder->steps[i].from;
            d->space_due = suffix.size && piece.size >= suffix.size &&
                           !memcmp(piece.data + piece.size - suffix.size, suffix.data, suffix.size);
        }
    return emit(d, d->token.data, d->token.size);
}

static lw_status feed(lw_detokenizer *d, int32_t token) {
    const lw_tokenizer *t = d->tokenizer;
    LW_TRY(check(t, token));
    const uint8_t attributes = t->vocabulary.attributes[token];
    if (d->flags & LW_DECODE_SKIP_SPECIAL && attributes & LW_TOKEN_CONTROL) return LW_OK;
    lw_status status;
    if (t->decoder.byte_level) {
        const lw_string piece = lwi_vocabulary_shown(&t->vocabulary, token);
        status = lwi_growing_add(&d->bytes, piece.data, piece.size);
        if (status == LW_OK && !d->whole) status = emit_characters(d, true);
    } else if (t->decoder.byte_fallback && attributes & LW_TOKEN_BYTE) {
        status = feed_byte(d, token);
    } else {
        const bool unknown = token == t->unknown && t->decoder.unknown.data;
        d->strip_done = d->strip_done || unknown;
        status = feed_text(d, unknown ? t->decoder.unknown
                                      : lwi_vocabulary_shown(&t->vocabulary, token));
    }
    d->any = true;
    return status;
}

static lw_status flush(lw_detokenizer *d) {
    return d->tokenizer->decoder.byte_level ? emit_characters(d, false) : end_run(d);
}

static void reset(lw_detokenizer *d) {
    d->any = d->flags & LW_DECODE_CONTINUE;
    d->space_due = false;
    d->stripped = d->bytes.size = d->previous.size = 0;
    d->strip_done = d->any || !d->tokenizer->decoder.strip_left;
}

static void free_parts(lw_detokenizer *d) {
    lwi_growing_free(&d->bytes);
    lwi_growing_free(&d->token);
    lwi_growing_free(&d->spare);
    lwi_growing_free(&d->previous);
    lwi_growing_free(&d->out);
}

lw_status lw_tokenizer_decode(const lw_tokenizer *tokenizer, const int32_t *tokens, size_t n,
                              unsigned flags, char *text, size_t capacity, size_t *size) {
    lw_detokenizer d = {.tokenizer = tokenizer, .flags = flags, .whole = true};
    lw_status status = LW_OK;
    reset(&d);
    for (size_t i = 0; i < n && status == LW_OK; i++)
        status = feed(&d, tokens[i]);
    if (status == LW_OK) status = flush(&d);
    if (status == LW_OK) {
        *size = d.out.size;
        if (capacity > d.out.size) capacity = d.out.size;
        if (capacity) memcpy(text, d.out.data, capacity);
    }
    free_parts(&d);
    return status;
}

lw_status lw_detokenizer_new(const lw_tokenizer *tokenizer, unsigned flags,
                             lw_detokenizer **detokenizer) {
    lw_detokenizer *d = NULL;
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, 1, sizeof *d, &d));
    d->tokenizer = tokenizer;
    d->flags = flags;
    reset(d);
    *detokenizer = d;
    return LW_OK;
}

void lw_detokenizer_free(lw_detokenizer *d) {
    if (!d) return;
    free_parts(d);
    lwi_free(&lwi_malloc_allocator, d);
}

lw_status lw_detokenizer_feed(lw_detokenizer *d, int32_t token, const char **text, size_t *size) {
    d->out.size = 0;
    LW_TRY(feed(d, token));
    *text = d->out.data ? d->out.data : "";
    *size = d->out.size;
    return LW_OK;
}

lw_status lw_detokenizer_finish(lw_detokenizer *d, const char **text, size_t *size) {
    d->out.size = 0;
    LW_TRY(flush(d));
    reset(d);
    *text = d->out.data ? d->out.data : "";
    *size = d->out.size;
    return LW_OK;
}

/* What a token adds when others stand before it. */
static lw_status bytes_of(const lw_tokenizer *t, int32_t token, lwi_growing *out,
                          lwi_growing *spare) {
    const lw_string piece = lwi_vocabulary_shown(&t->vocabulary, token);
    if (t->decoder.byte_level) return lwi_growing_add(out, piece.data, piece.size);
    if (t->decoder.byte_fallback && t->vocabulary.attributes[token] & LW_TOKEN_BYTE) {
        const char byte = (char)lwi_byte_of(t->vocabulary.written[token]);
        return lwi_growing_add(out, &byte, 1);
    }
    LW_TRY(lwi_growing_add(out, piece.data, piece.size));
    return lwi_decode_token(&t->decoder, (lwi_decode_place){false, {"", 0}}, out, spare);
}

lw_status lw_tokenizer_bytes(const lw_tokenizer *tokenizer, int32_t token, char *bytes,
                             size_t capacity, size_t *size) {
    lwi_growing out = {0}, spare = {0};
    LW_TRY(check(tokenizer, token));
    const lw_status status = bytes_of(tokenizer, token, &out, &spare);
    if (status == LW_OK) {
        *size = out.size;
        if (capacity > out.size) capacity = out.size;
        if (capacity) memcpy(bytes, out.data, capacity);
    }
    lwi_growing_free(&out);
    lwi_growing_free(&spare);
    return status;
}
