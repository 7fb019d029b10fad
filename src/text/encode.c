/* SPDX-License-Identifier: MIT
 * A text to tokens: added tokens are found, the text between them is normalized, cut into pieces,
 * and each piece is given to the model. */
#include "text/lossy_utf8.h"
#include "text/text_tokenizer.h"

void lwi_encoder_free(lwi_encoder *e) {
    if (!e) return;
    lwi_growing_free(&e->valid);
    lwi_growing_free(&e->unmapped);
    lwi_free(&lwi_malloc_allocator, e->raw.items);
    lwi_free(&lwi_malloc_allocator, e->normalized.items);
    lwi_normal_work_free(&e->normal);
    lwi_pieces_free(&e->pieces);
    lwi_bpe_work_free(&e->bpe);
    lwi_unigram_work_free(&e->unigram);
    lwi_growing_free(&e->word);
    lwi_free(&lwi_malloc_allocator, e->ids.items);
    lwi_free(&lwi_malloc_allocator, e);
}

lw_status lwi_encoder_take(const lw_tokenizer *t, lwi_encoder **encoder) {
    *encoder = __atomic_exchange_n(t->spare, NULL, __ATOMIC_ACQ_REL);
    return *encoder ? LW_OK : lwi_alloc_array(&lwi_malloc_allocator, 1, sizeof **encoder, encoder);
}

/* What long texts needed is not kept. */
void lwi_encoder_give(const lw_tokenizer *t, lwi_encoder *e) {
    enum { MOST = 1 << 16 };
    const bool large = e->ids.capacity > MOST || e->bpe.symbol_capacity > MOST ||
                       e->unigram.capacity > MOST || e->normal.texts[0].capacity > MOST ||
                       e->pieces.spans.capacity > MOST || e->valid.capacity > MOST;
    if (!large) e = __atomic_exchange_n(t->spare, e, __ATOMIC_ACQ_REL);
    lwi_encoder_free(e);
}

static lw_status encode_longest(const lw_tokenizer *t, lw_string text, lwi_ids *ids) {
    while (text.size) {
        size_t n = 1;
        const int32_t id = lwi_byte_trie_longest(&t->trie, text.data, text.size, &n);
        if (id >= 0) LW_TRY(lwi_ids_add(ids, id));
        else if (t->unknown >= 0) LW_TRY(lwi_ids_add(ids, t->unknown));
        text.data += n;
        text.size -= n;
    }
    return LW_OK;
}

static lw_status encode_word(const lw_tokenizer *t, lw_string text, lwi_ids *ids) {
    int32_t id = lwi_vocabulary_find(&t->vocabulary, text.data, text.size);
    if (id == LWI_NO_TOKEN) {
        id = t->unknown;
        if (t->fuse_unknown && ids->n && ids->items[ids->n - 1] == id) return LW_OK;
    }
    return id == LWI_NO_TOKEN ? LW_OK : lwi_ids_add(ids, id);
}

static lw_status encode_piece(const lw_tokenizer *t, lwi_encoder *e, lw_string piece) {
    switch (t->model) {
    case LWI_MODEL_BPE:
        return lwi_bpe_encode(&t->bpe, &e->bpe, piece, &e->ids);
    case LWI_MODEL_UNIGRAM:
        return lwi_unigram_encode(&t->unigram, &e->unigram, piece, &e->ids);
    case LWI_MODEL_WORDPIECE:
        return lwi_wordpiece_encode(&t->wordpiece, &e->word, piece, &e->ids);
    case LWI_MODEL_LONGEST:
        return encode_longest(t, piece, &e->ids);
    case LWI_MODEL_WORDS:
        return encode_word(t, piece, &e->ids);
    }
    return lwi_fail(LW_INTERNAL, "tokenizer: no such model");
}

static lw_status encode_pieces(const lw_tokenizer *t, lwi_encoder *e, lw_string text,
                               bool at_start) {
    LW_TRY(lwi_pretokenize(&t->pretokenizer, &t->alphabet, text, at_start, &e->pieces));
    for (size_t i = 0; i < e->pieces.spans.n; i++) {
        const lwi_span s = e->pieces.spans.items[i];
        lw_string piece = {e->pieces.text.data + s.begin, s.end - s.begin};
        if (t->in_alphabet) {
            e->unmapped.size = 0;
            LW_TRY(lwi_growing_reserve(&e->unmapped, piece.size));
            if (lwi_from_alphabet(&t->alphabet, piece, e->unmapped.data, &piece.size))
                piece.data = e->unmapped.data;
        }
        LW_TRY(encode_piece(t, e, piece));
    }
    return LW_OK;
}

/* A part of the text in which there are no added tokens as they are written. */
static lw_status encode_part(const lw_tokenizer *t, lwi_encoder *e, lw_string text, bool at_start,
                             unsigned flags) {
    lw_string normal;
    LW_TRY(lwi_normalize(&t->normalizer, &t->alphabet, text, &e->normal, &normal));
    e->normalized.n = 0;
    LW_TRY(lwi_added_set_find(&t->normalized, normal, flags & LW_ENCODE_PARSE_SPECIAL,
                              &e->normalized));
    for (size_t i = 0; i < e->normalized.n; i++) {
        const lwi_fragment f = e->normalized.items[i];
        const lw_string part = {normal.data + f.span.begin, f.span.end - f.span.begin};
        if (f.id >= 0) LW_TRY(lwi_ids_add(&e->ids, f.id));
        else LW_TRY(encode_pieces(t, e, part, at_start && f.span.begin == 0));
    }
    return LW_OK;
}

static lw_status add_all(const lwi_around *around, lwi_ids *ids) {
    for (size_t i = 0; i < around->n; i++)
        LW_TRY(lwi_ids_add(ids, around->ids[i]));
    return LW_OK;
}

static lw_status encode_text(const lw_tokenizer *t, lwi_encoder *e, lw_string text,
                             unsigned flags) {
    size_t used = 0;
    e->raw.n = e->valid.size = 0;
    if (!text.size) text.data = ""; /* may be NULL */
    if (!lwi_utf8_valid(text.data, text.size)) {
        LW_TRY(lwi_lossy_utf8(text, false, &e->valid, &used));
        text = (lw_string){e->valid.data, e->valid.size};
    }
    LW_TRY(lwi_added_set_find(&t->raw, text, flags & LW_ENCODE_PARSE_SPECIAL, &e->raw));
    for (size_t i = 0; i < e->raw.n; i++) {
        const lwi_fragment f = e->raw.items[i];
        const lw_string part = {text.data + f.span.begin, f.span.end - f.span.begin};
        if (f.id >= 0) LW_TRY(lwi_ids_add(&e->ids, f.id));
        else LW_TRY(encode_part(t, e, part, f.span.begin == 0, flags));
    }
    return LW_OK;
}

lw_status lwi_encode(const lw_tokenizer *t, lwi_encoder *e, lw_string text, unsigned flags) {
    const bool special = flags & LW_ENCODE_ADD_SPECIAL;
    e->ids.n = 0;
    if (special) LW_TRY(add_all(&t->before, &e->ids));
    LW_TRY(encode_text(t, e, text, flags));
    return special ? add_all(&t->after, &e->ids) : LW_OK;
}

/* Files that do not say: what ends a text, then a token that separates, if that is another one than
 * BERT's, which is the end itself. */
static lw_status add_between(const lw_tokenizer *t, lwi_ids *ids) {
    if (t->has_pair) return add_all(&t->between, ids);
    LW_TRY(add_all(&t->after, ids));
    return t->model == LWI_MODEL_WORDPIECE || t->sep < 0 ? LW_OK : lwi_ids_add(ids, t->sep);
}

lw_status lwi_encode_pair(const lw_tokenizer *t, lwi_encoder *e, lw_string first,
                          lw_string second_text, unsigned flags, size_t *second) {
    const bool special = flags & LW_ENCODE_ADD_SPECIAL;
    const bool typed = t->has_pair ? t->second_type : t->model == LWI_MODEL_WORDPIECE;
    e->ids.n = 0;
    if (special) LW_TRY(add_all(&t->before, &e->ids));
    LW_TRY(encode_text(t, e, first, flags));
    if (special) LW_TRY(add_between(t, &e->ids));
    *second = e->ids.n;
    LW_TRY(encode_text(t, e, second_text, flags));
    if (special) LW_TRY(add_all(&t->after, &e->ids));
    if (!typed) *second = e->ids.n;
    return LW_OK;
}
