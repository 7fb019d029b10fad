/* SPDX-License-Identifier: MIT
 * A tokenizer in the words of GGUF files (tokenizer.ggml.*). They name the pre-tokenizer instead of
 * describing it, so names are tried until a tokenizer made from the file cuts texts as the original
 * does. */
#include "llm/gguf_pairs.h"

#include "text/gguf_tokenizer.h"
#include "text/named_pre.h"
#include "text/tokenizer_steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What pre-tokenizers and normalizers treat differently. */
static const char *const samples[] = {
    "Hello, world! I'll say it's 3.14 or 1234567890 times; THEY'RE here, aren't they?",
    "  two spaces\n\n\nlines \t tabs\r\n   end   ",
    "cafe\xcc\x81 na\xc3\xafve \xc3\x85ngstr\xc3\xb6m x\xc2\xb2 \xe2\x84\xab \xef\xac\x81ne",
    "\xe4\xbd\xa0\xe5\xa5\xbd\xef\xbc\x8c\xe4\xb8\x96\xe7\x95\x8c 12 \xe3\x81\x93\xe3\x82\x93 "
    "\xed\x95\x9c\xea\xb5\xad\xec\x96\xb4",
    "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82 \xd9\x85\xd8\xb1\xd8\xad\xd8\xa8\xd8\xa7 "
    "\xe0\xa4\xa8\xe0\xa4\xae\xe0\xa4\xb8\xe0\xa5\x8d\xe0\xa4\xa4\xe0\xa5\x87 "
    "\xf0\x9f\x98\x80\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd",
    "camelCase HTTPServer snake_case fooBAR123 a1b22c333 i+=1; //== <<>> {}[]() #!/bin/sh $x^y ~ |",
    "a  b   c    d\n e\n\n  f\n",
    " ",
    ""};

static lw_status encode(const lw_tokenizer *t, const char *text, int32_t *ids, size_t room,
                        size_t *n) {
    return lw_tokenizer_encode(t, text, strlen(text), LW_ENCODE_ADD_SPECIAL, ids, room, n);
}

bool lwi_tokenizers_agree(const lw_tokenizer *a, const lw_tokenizer *b) {
    enum { ROOM = 512 };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        int32_t x[ROOM], y[ROOM];
        size_t n = 0, m = 0;
        if (encode(a, samples[i], x, ROOM, &n) != LW_OK ||
            encode(b, samples[i], y, ROOM, &m) != LW_OK || n != m || n > ROOM ||
            memcmp(x, y, n * sizeof *x) != 0)
            return false;
    }
    return true;
}

/* A tokenizer from the pairs, as a reader of the file would make it. */
static bool agrees(const lwi_pairs *p, const lw_tokenizer *t) {
    lw_tokenizer *made = NULL;
    lwi_gguf gguf = {.arena = p->arena, .pairs = p->items, .n_pairs = p->n};
    lwi_strmap_init(&gguf.pair_index, &lwi_malloc_allocator);
    lw_status status = LW_OK;
    for (size_t i = 0; i < p->n && status == LW_OK; i++)
        status = lwi_strmap_set(&gguf.pair_index, p->items[i].key, (int)i);
    if (status == LW_OK) status = lwi_gguf_tokenizer(&gguf, &made);
    const bool same = status == LW_OK && lwi_tokenizers_agree(t, made);
    lw_tokenizer_free(made);
    lwi_strmap_free(&gguf.pair_index);
    return same;
}

/* ------------------------------------------------------------------- tokens */

static uint32_t type_of(const lw_tokenizer *t, size_t i) {
    const unsigned a = t->vocabulary.attributes[i];
    const lw_string text = t->vocabulary.written[i];
    if (a & LW_TOKEN_UNKNOWN || (int32_t)i == t->unknown) return 2;
    if (a & LW_TOKEN_CONTROL) return 3;
    if (a & LW_TOKEN_USER) return 4;
    if (a & LW_TOKEN_UNUSED || !text.size) return 5;
    if (a & LW_TOKEN_BYTE || (t->bpe.byte_fallback && lwi_byte_of(text) >= 0)) return 6;
    return 1;
}

static bool starts(lw_string text, lw_string with) {
    return with.size && text.size >= with.size && !memcmp(text.data, with.data, with.size);
}

/* GGUF files mark the tokens that begin a word, BERT those that go on with one. */
static lw_status put_word(const lwi_pairs *p, const lwi_wordpiece *w, lw_string *text) {
    static const char mark[] = LWI_SPACE_MARK;
    const size_t n = sizeof mark - 1;
    char *marked = NULL;
    if (starts(*text, w->more)) {
        *text = (lw_string){text->data + w->more.size, text->size - w->more.size};
        return LW_OK;
    }
    LW_TRY(lwi_arena_alloc(p->arena, text->size + n, 1, &marked));
    memcpy(marked, mark, n);
    memcpy(marked + n, text->data, text->size);
    *text = (lw_string){marked, text->size + n};
    return LW_OK;
}

/* Numbers that no token has are named, since names must differ. */
static lw_status put_tokens(lwi_pairs *p, const lw_tokenizer *t, size_t n) {
    const lwi_vocabulary *v = &t->vocabulary;
    lw_string *texts = NULL;
    uint32_t *types = NULL;
    LW_TRY(lwi_arena_alloc(p->arena, n, sizeof *texts, &texts));
    LW_TRY(lwi_arena_alloc(p->arena, n, sizeof *types, &types));
    for (size_t i = 0; i < n; i++) {
        char name[32];
        const char *copy = NULL;
        const bool there = i < v->count && v->written[i].size;
        types[i] = there ? type_of(t, i) : 5;
        if (there) texts[i] = v->written[i];
        if (there && t->model == LWI_MODEL_WORDPIECE && types[i] == 1)
            LW_TRY(put_word(p, &t->wordpiece, texts + i));
        if (there) continue;
        snprintf(name, sizeof name, "[PAD%zu]", i);
        LW_TRY(lwi_arena_string(p->arena, name, strlen(name), &copy));
        texts[i] = (lw_string){copy, strlen(copy)};
    }
    LW_TRY(lwi_pairs_texts(p, "tokenizer.ggml.tokens", texts, n));
    return lwi_pairs_numbers(p, "tokenizer.ggml.token_type", LWI_GGUF_INT32, types, n);
}

static bool holds(const lwi_around *around, int32_t token) {
    for (size_t i = 0; i < around->n; i++)
        if (around->ids[i] == token) return true;
    return false;
}

static lw_status put_specials(lwi_pairs *p, const lw_tokenizer *t) {
    const struct {
        const char *key;
        int32_t token;
    } specials[] = {{"tokenizer.ggml.bos_token_id", t->bos},
                    {"tokenizer.ggml.eos_token_id", t->eos},
                    {"tokenizer.ggml.eot_token_id", t->eot},
                    {"tokenizer.ggml.unknown_token_id", t->unknown},
                    {"tokenizer.ggml.padding_token_id", t->pad},
                    {"tokenizer.ggml.seperator_token_id", t->sep},
                    {"tokenizer.ggml.cls_token_id", t->cls},
                    {"tokenizer.ggml.mask_token_id", t->mask}};
    for (size_t i = 0; i < sizeof specials / sizeof *specials; i++)
        if (specials[i].token >= 0)
            LW_TRY(lwi_pairs_int(p, specials[i].key, LWI_GGUF_UINT32, specials[i].token));
    LW_TRY(lwi_pairs_int(p, "tokenizer.ggml.add_bos_token", LWI_GGUF_BOOL,
                         t->bos >= 0 && holds(&t->before, t->bos)));
    return lwi_pairs_int(p, "tokenizer.ggml.add_eos_token", LWI_GGUF_BOOL,
                         t->eos >= 0 && holds(&t->after, t->eos));
}

/* ------------------------------------------------------------------- merges */

static int by_rank(const void *a, const void *b) {
    const lwi_merge *x = a, *y = b;
    return x->rank < y->rank ? -1 : x->rank > y->rank;
}

lw_status lwi_list_merges(lwi_arena *arena, const lw_tokenizer *t, lwi_merge **merges, size_t *n) {
    const lwi_merge_table *table = &t->bpe.merges;
    LW_TRY(lwi_arena_alloc(arena, table->slots ? table->mask + 1 : 0, sizeof **merges, merges));
    for (size_t i = 0; table->slots && i <= table->mask; i++)
        if (table->slots[i].left >= 0) (*merges)[(*n)++] = table->slots[i];
    if (*n) qsort(*merges, *n, sizeof **merges, by_rank);
    return LW_OK;
}

static lw_status put_merges(lwi_pairs *p, const lw_tokenizer *t) {
    lwi_merge *merges = NULL;
    lw_string *lines = NULL;
    size_t n = 0;
    LW_TRY(lwi_list_merges(p->arena, t, &merges, &n));
    LW_TRY(lwi_arena_alloc(p->arena, n, sizeof *lines, &lines));
    for (size_t i = 0; i < n; i++) {
        const lw_string a = t->vocabulary.written[merges[i].left];
        const lw_string b = t->vocabulary.written[merges[i].right];
        char *line = NULL;
        LW_TRY(lwi_arena_alloc(p->arena, a.size + b.size + 1, 1, &line));
        memcpy(line, a.data, a.size);
        line[a.size] = ' ';
        memcpy(line + a.size + 1, b.data, b.size);
        lines[i] = (lw_string){line, a.size + b.size + 1};
    }
    return lwi_pairs_texts(p, "tokenizer.ggml.merges", lines, n);
}

/* SentencePiece's scores, or what has the order of the merges: the sooner a token is made, the
 * higher its score. */
static lw_status put_scores(lwi_pairs *p, const lw_tokenizer *t, size_t count) {
    enum { LAST = -1000000 };
    uint32_t *bits = NULL;
    float *scores = NULL;
    lwi_merge *merges = NULL;
    size_t n = 0;
    LW_TRY(lwi_arena_alloc(p->arena, count, sizeof *scores, &scores));
    LW_TRY(lwi_arena_alloc(p->arena, count, sizeof *bits, &bits));
    const bool unigram = t->model == LWI_MODEL_UNIGRAM;
    const bool scored = t->bpe.order == LWI_BPE_SCORES && t->vocabulary.scores;
    for (size_t i = 0; i < count; i++)
        scores[i] = i >= t->vocabulary.count ? LAST
                    : unigram                ? (float)t->unigram.scores[i]
                    : scored                 ? t->vocabulary.scores[i]
                                             : LAST;
    if (!scored && !unigram) LW_TRY(lwi_list_merges(p->arena, t, &merges, &n));
    for (size_t i = n; i-- > 0;)
        if ((size_t)merges[i].id < count) scores[merges[i].id] = -(float)merges[i].rank;
    memcpy(bits, scores, count * sizeof *bits);
    return lwi_pairs_numbers(p, "tokenizer.ggml.scores", LWI_GGUF_FLOAT32, bits, count);
}

/* -------------------------------------------------------------------- kinds */

static lw_string text_of(const char *text) { return (lw_string){text, strlen(text)}; }

static lw_status nothing_says(void) {
    return lwi_fail(LW_UNSUPPORTED, "no GGUF file can say how this tokenizer cuts texts");
}

/* Two keys that are true or false: the values with which the file's tokenizer is the same. */
static lw_status put_choices(lwi_pairs *p, const lw_tokenizer *t, const char *first,
                             const char *second) {
    for (int choice = 3; choice >= 0; choice--) {
        LW_TRY(lwi_pairs_int(p, first, LWI_GGUF_BOOL, choice >> 1));
        LW_TRY(lwi_pairs_int(p, second, LWI_GGUF_BOOL, choice & 1));
        if (agrees(p, t)) return LW_OK;
        p->n -= 2;
    }
    return nothing_says();
}

static lw_status wordpiece(lwi_pairs *p, const lw_tokenizer *t, size_t n) {
    LW_TRY(lwi_pairs_text(p, "tokenizer.ggml.model", text_of("bert")));
    LW_TRY(put_tokens(p, t, n));
    LW_TRY(put_specials(p, t));
    return put_choices(p, t, "tokenizer.ggml.normalizer.lowercase",
                       "tokenizer.ggml.normalizer.strip_accents");
}

/* SentencePiece's table of replacements, which begins with its size. */
static lw_status put_charsmap(lwi_pairs *p, const lwi_normalizer *normalizer) {
    for (size_t i = 0; i < normalizer->n; i++) {
        const lwi_charsmap *map = &normalizer->steps[i].map;
        if (!map->n_units) continue;
        return lwi_pairs_bytes(p, "tokenizer.ggml.precompiled_charsmap", map->units - 4,
                               4 + 4 * map->n_units + map->texts_size);
    }
    return LW_OK;
}

static lw_status unigram(lwi_pairs *p, const lw_tokenizer *t, size_t n) {
    LW_TRY(lwi_pairs_text(p, "tokenizer.ggml.model", text_of("t5")));
    LW_TRY(put_tokens(p, t, n));
    LW_TRY(put_scores(p, t, n));
    LW_TRY(put_specials(p, t));
    LW_TRY(put_charsmap(p, &t->normalizer));
    return put_choices(p, t, "tokenizer.ggml.add_space_prefix",
                       "tokenizer.ggml.remove_extra_whitespaces");
}

static lw_status byte_level(lwi_pairs *p, const lw_tokenizer *t, size_t n) {
    LW_TRY(lwi_pairs_text(p, "tokenizer.ggml.model", text_of("gpt2")));
    LW_TRY(put_tokens(p, t, n));
    LW_TRY(put_specials(p, t));
    LW_TRY(put_merges(p, t));
    for (size_t i = 0; lwi_named_pre_name(i).size; i++) {
        LW_TRY(lwi_pairs_text(p, "tokenizer.ggml.pre", lwi_named_pre_name(i)));
        if (agrees(p, t)) return LW_OK;
        p->n--;
    }
    return nothing_says();
}

static lw_status sentencepiece(lwi_pairs *p, const lw_tokenizer *t, size_t n) {
    LW_TRY(lwi_pairs_text(p, "tokenizer.ggml.model", text_of("llama")));
    LW_TRY(put_tokens(p, t, n));
    LW_TRY(put_scores(p, t, n));
    LW_TRY(put_specials(p, t));
    for (int prefix = 1; prefix >= 0; prefix--) {
        LW_TRY(lwi_pairs_int(p, "tokenizer.ggml.add_space_prefix", LWI_GGUF_BOOL, prefix));
        if (agrees(p, t)) return LW_OK;
        p->n--;
    }
    return nothing_says();
}

lw_status lwi_pairs_tokenizer(lwi_pairs *p, const lw_tokenizer *t, size_t n) {
    const bool plain = t->model == LWI_MODEL_BPE && !t->bpe.suffix.size && !t->bpe.prefix.size;
    if (n < t->vocabulary.count) n = t->vocabulary.count;
    if (plain && t->bpe.bytes && t->bpe.order == LWI_BPE_MERGES) return byte_level(p, t, n);
    if (plain && !t->bpe.bytes && t->bpe.byte_fallback) return sentencepiece(p, t, n);
    if (t->model == LWI_MODEL_WORDPIECE) return wordpiece(p, t, n);
    if (t->model == LWI_MODEL_UNIGRAM) return unigram(p, t, n);
    return lwi_fail(LW_UNSUPPORTED, "tokenizers of the kind '%s' cannot be converted yet", t->kind);
}
