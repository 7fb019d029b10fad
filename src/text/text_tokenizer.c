/* SPDX-License-Identifier: MIT */
#include "text/text_tokenizer.h"

lw_status lwi_tokenizer_new(const char *kind, lw_tokenizer **tokenizer) {
    lw_tokenizer *t = NULL;
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, 1, sizeof *t, &t));
    lwi_arena_init(&t->arena, &lwi_malloc_allocator);
    lwi_byte_alphabet_make(&t->alphabet);
    t->kind = kind;
    t->bos = t->eos = t->eot = t->pad = t->sep = t->cls = t->mask = LWI_NO_TOKEN;
    t->unknown = t->bpe.unknown = t->unigram.unknown = t->wordpiece.unknown = LWI_NO_TOKEN;
    for (size_t i = 0; i < 256; i++)
        t->bpe.byte_tokens[i] = t->unigram.byte_tokens[i] = LWI_NO_TOKEN;
    t->bpe.vocabulary = t->unigram.vocabulary = t->wordpiece.vocabulary = &t->vocabulary;
    t->bpe.prefix = t->bpe.suffix = t->wordpiece.start = t->wordpiece.more = (lw_string){"", 0};
    t->unigram.trie = &t->trie;
    *tokenizer = t;
    return LW_OK;
}

void lw_tokenizer_free(lw_tokenizer *t) {
    if (!t) return;
    lwi_normalizer_free(&t->normalizer);
    lwi_pretokenizer_free(&t->pretokenizer);
    lwi_added_set_free(&t->raw);
    lwi_added_set_free(&t->normalized);
    lwi_byte_trie_free(&t->trie);
    lwi_byte_trie_free(&t->frozen);
    for (size_t i = 0; i < sizeof t->files / sizeof *t->files; i++)
        lwi_file_unmap(&t->files[i]);
    if (t->spare) lwi_encoder_free(*t->spare);
    lwi_arena_free(&t->arena);
    lwi_free(&lwi_malloc_allocator, t);
}

lw_status lwi_tokenizer_keep(lw_tokenizer *t, const char *data, size_t size, lw_string *copy) {
    const char *kept = NULL;
    LW_TRY(lwi_arena_string(&t->arena, data, size, &kept));
    *copy = (lw_string){kept, size};
    return LW_OK;
}

lw_status lwi_tokenizer_read_alphabet(lw_tokenizer *t) {
    lwi_vocabulary *v = &t->vocabulary;
    size_t total = 0;
    char *bytes = NULL;
    for (size_t i = 0; i < v->count; i++)
        total += v->written[i].size;
    LW_TRY(lwi_arena_alloc(&t->arena, total, 1, &bytes));
    for (size_t i = 0; i < v->count; i++) {
        size_t n = 0;
        v->pieces[i] = v->written[i];
        const bool added = v->attributes[i] & (LW_TOKEN_CONTROL | LW_TOKEN_USER);
        if (added || !lwi_from_alphabet(&t->alphabet, v->written[i], bytes, &n)) continue;
        v->pieces[i] = (lw_string){bytes, n};
        bytes += n;
        if (n == 1) t->bpe.byte_tokens[(uint8_t)*v->pieces[i].data] = (int32_t)i;
    }
    return LW_OK;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int lwi_byte_of(lw_string written) {
    enum { SIZE = 6 };
    const char *p = written.data;
    if (written.size != SIZE || memcmp(p, "<0x", 3) || p[5] != '>') return -1;
    const int high = hex_digit(p[3]), low = hex_digit(p[4]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

void lwi_tokenizer_find_bytes(lw_tokenizer *t) {
    for (size_t i = 0; i < t->vocabulary.count; i++) {
        const int byte = lwi_byte_of(t->vocabulary.written[i]);
        if (byte < 0) continue;
        t->bpe.byte_tokens[byte] = t->unigram.byte_tokens[byte] = (int32_t)i;
        t->vocabulary.attributes[i] = LW_TOKEN_BYTE;
    }
}

lw_status lwi_add_special(lw_tokenizer *t, size_t capacity, int32_t id) {
    if (!t->added) LW_TRY(lwi_arena_alloc(&t->arena, capacity, sizeof *t->added, &t->added));
    if (t->n_added == capacity) return lwi_fail(LW_INTERNAL, "tokenizer: too many special tokens");
    t->added[t->n_added++] =
        (lwi_added_token){.id = id, .text = t->vocabulary.written[id], .special = true};
    t->vocabulary.attributes[id] = LW_TOKEN_CONTROL;
    return LW_OK;
}

/* ------------------------------------------------------------------ finish */

/* A token that is looked for in normalized text is decoded to its normal form too. */
static lw_status show_normal(lw_tokenizer *t, int32_t id, lw_string text) {
    lwi_vocabulary *v = &t->vocabulary;
    const lw_string written = v->written[id];
    lw_string kept;
    char *bytes = NULL;
    const bool same = written.size == text.size;
    if (same && (!text.size || !memcmp(written.data, text.data, text.size))) return LW_OK;
    if (!v->shown)
        LW_TRY(lwi_arena_copy(&t->arena, v->pieces, v->count * sizeof *v->shown, &v->shown));
    LW_TRY(lwi_tokenizer_keep(t, text.data, text.size, &kept));
    LW_TRY(lwi_arena_alloc(&t->arena, text.size, 1, &bytes));
    v->shown[id] = kept;
    if (t->decoder.byte_level && lwi_from_alphabet(&t->alphabet, kept, bytes, &kept.size))
        v->shown[id] = (lw_string){bytes, kept.size};
    return LW_OK;
}

static lw_status add_to_sets(lw_tokenizer *t) {
    lwi_normal_work work = {0};
    lw_status status = LW_OK;
    for (size_t i = 0; i < t->n_added && status == LW_OK; i++) {
        lw_string text = t->added[i].text;
        if (!t->added[i].normalized) {
            status = lwi_added_set_add(&t->raw, i, text);
            continue;
        }
        status = lwi_normalize(&t->normalizer, &t->alphabet, text, &work, &text);
        if (status == LW_OK) status = lwi_added_set_add(&t->normalized, i, text);
        if (status == LW_OK) status = show_normal(t, t->added[i].id, text);
    }
    lwi_normal_work_free(&work);
    return status;
}

/* What models of known families generate when they have finished a text or a turn. */
static void mark_ends(lw_tokenizer *t) {
    static const char *const turns[] = {"<|eot_id|>",
                                        "<|im_end|>",
                                        "<|end|>",
                                        "<end_of_turn>",
                                        "<|end_of_text|>",
                                        "<|endoftext|>",
                                        "<EOT>",
                                        "<|return|>",
                                        "<|call|>",
                                        "<|eom_id|>",
                                        "<|END_OF_TURN_TOKEN|>",
                                        "<|end_of_turn|>",
                                        "<turn|>",
                                        "<｜end▁of▁sentence｜>"};
    const int32_t known[] = {t->eos, t->eot};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i] >= 0) t->vocabulary.attributes[known[i]] |= LW_TOKEN_END;
    for (size_t i = 0; i < sizeof turns / sizeof *turns; i++)
        for (size_t k = 0; k < t->n_added; k++) {
            const lwi_added_token *a = t->added + k;
            if (a->text.size != strlen(turns[i]) || memcmp(a->text.data, turns[i], a->text.size))
                continue;
            t->vocabulary.attributes[a->id] |= LW_TOKEN_END;
            if (t->eot < 0 && i < 4 && a->special) t->eot = a->id;
        }
}

lw_status lwi_tokenizer_finish(lw_tokenizer *t) {
    LW_TRY(lwi_arena_alloc(&t->arena, 1, sizeof(lwi_encoder *), &t->spare));
    LW_TRY(lwi_added_set_init(&t->raw, t->added, &lwi_malloc_allocator));
    LW_TRY(lwi_added_set_init(&t->normalized, t->added, &lwi_malloc_allocator));
    LW_TRY(add_to_sets(t));
    mark_ends(t);
    if (t->model == LWI_MODEL_BPE && !t->bpe.merged_whole)
        LW_TRY(lwi_arena_alloc(&t->arena, t->vocabulary.count, 1, &t->bpe.merged_whole));
    return LW_OK;
}
