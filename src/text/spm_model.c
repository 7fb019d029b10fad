/* SPDX-License-Identifier: MIT
 * SentencePiece's models (sentencepiece_model.proto). */
#include "text/spm_ids.h"
#include "text/spm_wire.h"
#include "text/tokenizer_files.h"
#include "text/space_words.h"
#include "text/tokenizer_steps.h"

enum { MODEL_UNIGRAM = 1, MODEL_BPE = 2, MODEL_WORD = 3, MODEL_CHAR = 4 };

/* What the model says of itself. Negative: no such token. */
typedef struct settings {
    int model;
    bool byte_fallback, space_after, dummy_prefix, remove_extra_spaces, escape_spaces;
    int64_t unknown, bos, eos, pad;
    lw_string charsmap;
} settings;

static uint8_t attribute_of(uint64_t type) {
    static const uint8_t known[] = {LW_TOKEN_NORMAL,  LW_TOKEN_NORMAL, LW_TOKEN_UNKNOWN,
                                    LW_TOKEN_CONTROL, LW_TOKEN_USER,   LW_TOKEN_UNUSED,
                                    LW_TOKEN_BYTE};
    return type < sizeof known ? known[type] : LW_TOKEN_NORMAL;
}

static lw_status read_piece(lw_string message, lwi_vocabulary *v, size_t i) {
    uint64_t type = 1;
    for (;;) {
        lwi_spm_field f;
        bool more = false;
        LW_TRY(lwi_spm_next(&message, &f, &more));
        if (!more) break;
        const uint32_t bits = (uint32_t)f.integer;
        if (f.number == 1 && f.has_bytes) v->pieces[i] = f.bytes;
        else if (f.number == 2) memcpy(v->scores + i, &bits, sizeof bits);
        else if (f.number == 3) type = f.integer;
    }
    v->attributes[i] = attribute_of(type);
    if (v->scores[i] > -1e30f && v->scores[i] < 1e30f) return LW_OK;
    return lwi_fail(LW_CORRUPT, "SentencePiece: the score of piece %zu is no number", i);
}

static lw_status read_trainer(lw_string message, settings *s) {
    for (;;) {
        lwi_spm_field f;
        bool more = false;
        LW_TRY(lwi_spm_next(&message, &f, &more));
        if (!more) return LW_OK;
        const int64_t id = (int32_t)(uint32_t)f.integer;
        switch (f.number) {
        case 3:
            s->model = (int)f.integer;
            break;
        case 24:
            s->space_after = f.integer != 0;
            break;
        case 35:
            s->byte_fallback = f.integer != 0;
            break;
        case 40:
            s->unknown = id;
            break;
        case 41:
            s->bos = id;
            break;
        case 42:
            s->eos = id;
            break;
        case 43:
            s->pad = id;
            break;
        default:
            break;
        }
    }
}

static lw_status read_normalizer(lw_string message, settings *s) {
    for (;;) {
        lwi_spm_field f;
        bool more = false;
        LW_TRY(lwi_spm_next(&message, &f, &more));
        if (!more) return LW_OK;
        switch (f.number) {
        case 2:
            s->charsmap = f.bytes;
            break;
        case 3:
            s->dummy_prefix = f.integer != 0;
            break;
        case 4:
            s->remove_extra_spaces = f.integer != 0;
            break;
        case 5:
            s->escape_spaces = f.integer != 0;
            break;
        default:
            break;
        }
    }
}

static lw_status count_pieces(lw_string message, size_t *count) {
    for (*count = 0;;) {
        lwi_spm_field f;
        bool more = false;
        LW_TRY(lwi_spm_next(&message, &f, &more));
        if (!more) return LW_OK;
        *count += f.number == 1 && f.has_bytes;
    }
}

static lw_status read_model(lw_tokenizer *t, lw_string message, settings *s) {
    size_t count = 0, i = 0;
    lwi_vocabulary *v = &t->vocabulary;
    LW_TRY(count_pieces(message, &count));
    LW_TRY(lwi_vocabulary_init(v, &t->arena, count, false));
    LW_TRY(lwi_arena_alloc(&t->arena, count, sizeof *v->scores, &v->scores));
    for (;;) {
        lwi_spm_field f;
        bool more = false;
        LW_TRY(lwi_spm_next(&message, &f, &more));
        if (!more) return LW_OK;
        if (!f.has_bytes) continue;
        if (f.number == 1) LW_TRY(read_piece(f.bytes, v, i++));
        else if (f.number == 2) LW_TRY(read_trainer(f.bytes, s));
        else if (f.number == 3) LW_TRY(read_normalizer(f.bytes, s));
    }
}

/* Control tokens are found in texts when those are wanted; the model's own symbols always, but in
 * the normalized text, where they stay whole. */
static lw_status read_symbols(lw_tokenizer *t, bool marian) {
    const lwi_vocabulary *v = &t->vocabulary;
    const size_t languages = marian ? lwi_spm_languages(t) : 0;
    size_t control = languages, own = 0;
    for (size_t i = 0; i < v->count; i++) {
        control += (v->attributes[i] & LW_TOKEN_CONTROL) != 0;
        own += v->attributes[i] & LW_TOKEN_USER && v->pieces[i].size;
    }
    LW_TRY(lwi_byte_trie_init(&t->frozen, &lwi_malloc_allocator));
    for (size_t i = 0; i < v->count; i++) {
        const lw_string piece = v->pieces[i];
        if (v->attributes[i] & LW_TOKEN_CONTROL) LW_TRY(lwi_add_special(t, control, (int32_t)i));
        if (v->attributes[i] & LW_TOKEN_USER && piece.size)
            LW_TRY(lwi_byte_trie_add(&t->frozen, piece.data, piece.size, (int32_t)i));
    }
    if (own) t->bpe.frozen = &t->frozen;
    return languages ? lwi_spm_add_languages(t, control) : LW_OK;
}

static lw_status add_normalizer(lw_tokenizer *t, const settings *s) {
    lwi_normal_step step = {.kind = LWI_NORMAL_SENTENCE,
                            .dummy_prefix = s->dummy_prefix,
                            .remove_extra_spaces = s->remove_extra_spaces,
                            .escape_spaces = s->escape_spaces,
                            .space_after = s->space_after,
                            .kept = t->bpe.frozen};
    if (s->charsmap.size) LW_TRY(lwi_charsmap_read(s->charsmap, &step.map));
    return lwi_normalizer_add(&t->normalizer, step);
}

static lw_status make_bpe(lw_tokenizer *t, const settings *s) {
    t->kind = "SentencePiece BPE";
    t->bpe.order = LWI_BPE_SCORES;
    t->bpe.byte_fallback = s->byte_fallback;
    t->bpe.fuse_unknown = true;
    t->bpe.unknown = t->unknown;
    t->bpe.has_unused = true;
    LW_TRY(lwi_vocabulary_index(&t->vocabulary, &t->arena,
                                LW_TOKEN_NORMAL | LW_TOKEN_USER | LW_TOKEN_UNUSED));
    t->bpe.words = !t->bpe.frozen && lwi_has_words(&t->vocabulary);
    return LW_OK;
}

/* Characters or words that are tokens, or unknown. */
static lw_status make_simple(lw_tokenizer *t, const settings *s) {
    t->kind = "word level";
    t->model = LWI_MODEL_WORDS;
    t->fuse_unknown = true;
    lwi_pre_step step = {.kind = LWI_PRE_LENGTH, .behaviour = LWI_PRE_ISOLATED, .length = 1};
    if (s->model == MODEL_WORD)
        step = (lwi_pre_step){.kind = LWI_PRE_LITERAL,
                              .behaviour = LWI_PRE_NEXT,
                              .text = lwi_text_of(LWI_SPACE_MARK)};
    LW_TRY(lwi_pretokenizer_add(&t->pretokenizer, step));
    return lwi_vocabulary_index(&t->vocabulary, &t->arena, LW_TOKEN_NORMAL | LW_TOKEN_USER);
}

static lw_status make_model(lw_tokenizer *t, const settings *s) {
    switch (s->model) {
    case MODEL_BPE:
        return make_bpe(t, s);
    case MODEL_WORD:
    case MODEL_CHAR:
        return make_simple(t, s);
    case MODEL_UNIGRAM:
        t->kind = "unigram";
        t->model = LWI_MODEL_UNIGRAM;
        t->unigram.byte_fallback = s->byte_fallback;
        return lwi_make_unigram(t, NULL, true);
    default:
        return lwi_fail(LW_UNSUPPORTED, "SentencePiece: a model of the kind %d", s->model);
    }
}

static int32_t token_of(const lw_tokenizer *t, int64_t id) {
    return id >= 0 && id < (int64_t)t->vocabulary.count ? (int32_t)id : LWI_NO_TOKEN;
}

/* numbers: of the pieces, by a file of their own; NULL: in their order. */
static lw_status read_parts(lw_tokenizer *t, lw_string proto, const lwi_json_item *numbers) {
    settings s = {.model = MODEL_UNIGRAM,
                  .dummy_prefix = true,
                  .remove_extra_spaces = true,
                  .escape_spaces = true,
                  .bos = 1,
                  .eos = 2,
                  .pad = -1};
    LW_TRY(read_model(t, proto, &s));
    t->unknown = token_of(t, s.unknown);
    t->bos = token_of(t, s.bos);
    t->eos = token_of(t, s.eos);
    t->pad = token_of(t, s.pad);
    if (numbers) LW_TRY(lwi_spm_renumber(t, numbers));
    if (s.byte_fallback) lwi_tokenizer_find_bytes(t);
    LW_TRY(read_symbols(t, numbers != NULL));
    LW_TRY(add_normalizer(t, &s));
    LW_TRY(make_model(t, &s));
    if (t->bos >= 0) t->before.ids[t->before.n++] = t->bos;
    LW_TRY(lwi_add_space_decoder(&t->decoder, s.dummy_prefix || s.remove_extra_spaces));
    if (s.remove_extra_spaces) t->decoder.strip_left = SIZE_MAX;
    t->decoder.strip_each = true;
    t->decoder.byte_fallback = t->decoder.lone_bytes = true;
    t->decoder.unknown = lwi_text_of(" \xe2\x81\x87 ");
    return lwi_tokenizer_finish(t);
}

lw_status lwi_spm_tokenizer(lw_string proto, lw_string numbers, lw_tokenizer **tokenizer) {
    lwi_arena arena;
    lw_tokenizer *t = NULL;
    const lwi_json_item *root = NULL;
    lwi_arena_init(&arena, &lwi_malloc_allocator);
    lw_status status = LW_OK;
    if (numbers.size) status = lwi_json_parse(&arena, numbers.data, numbers.size, NULL, &root);
    if (status == LW_OK) status = lwi_tokenizer_new("", &t);
    if (status == LW_OK) status = read_parts(t, proto, root);
    lwi_arena_free(&arena);
    if (status == LW_OK) *tokenizer = t;
    else lw_tokenizer_free(t);
    return status;
}
