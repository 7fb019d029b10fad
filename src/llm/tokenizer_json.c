/* SPDX-License-Identifier: MIT
 * A tokenizer as tokenizer.json: byte-level BPE, SentencePiece's BPE, whose merges are what its
 * scores mean, WordPiece and unigram models. */
#include "llm/tokenizer_json.h"

#include "llm/gguf_pairs.h"
#include "text/hft_tokenizer.h"
#include "text/named_pre.h"
#include "text/tokenizer_steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const lw_string *written(const lw_tokenizer *t) { return t->vocabulary.written; }

lw_status lwi_json_put_text(lwi_buffer *b, lw_string text) {
    return lwi_buffer_json_string(b, text.size ? text.data : "", text.size);
}

static bool is_added(const lw_tokenizer *t, size_t i) {
    return t->vocabulary.attributes[i] & (LW_TOKEN_CONTROL | LW_TOKEN_USER | LW_TOKEN_UNKNOWN);
}

static lw_status put_added(const lw_tokenizer *t, lwi_buffer *b) {
    bool first = true;
    LW_TRY(lwi_buffer_text(b, "\"added_tokens\":["));
    for (size_t i = 0; i < t->vocabulary.count; i++) {
        char text[160];
        const bool special = !(t->vocabulary.attributes[i] & LW_TOKEN_USER);
        if (!is_added(t, i) || !written(t)[i].size) continue;
        snprintf(text, sizeof text,
                 "%s{\"id\":%zu,\"single_word\":false,\"lstrip\":false,"
                 "\"rstrip\":false,\"normalized\":false,\"special\":%s,\"content\":",
                 first ? "" : ",\n", i, special ? "true" : "false");
        LW_TRY(lwi_buffer_text(b, text));
        LW_TRY(lwi_json_put_text(b, written(t)[i]));
        LW_TRY(lwi_buffer_text(b, "}"));
        first = false;
    }
    return lwi_buffer_text(b, "],\n");
}

/* ------------------------------------------------------------ tokens around */

static lw_status put_around(const lw_tokenizer *t, const lwi_around *around, lwi_buffer *b,
                            const char *before, const char *after, int type) {
    char text[40];
    snprintf(text, sizeof text, ",\"type_id\":%d}}", type);
    for (size_t i = 0; i < around->n; i++) {
        LW_TRY(lwi_buffer_text(b, before));
        LW_TRY(lwi_buffer_text(b, "{\"SpecialToken\":{\"id\":"));
        LW_TRY(lwi_json_put_text(b, written(t)[around->ids[i]]));
        LW_TRY(lwi_buffer_text(b, text));
        LW_TRY(lwi_buffer_text(b, after));
    }
    return LW_OK;
}

static lw_status put_meaning(const lw_tokenizer *t, const lwi_around *around, lwi_buffer *b,
                             bool *first) {
    for (size_t i = 0; i < around->n; i++) {
        char text[64];
        LW_TRY(lwi_buffer_text(b, *first ? "" : ","));
        LW_TRY(lwi_json_put_text(b, written(t)[around->ids[i]]));
        LW_TRY(lwi_buffer_text(b, ":{\"id\":"));
        LW_TRY(lwi_json_put_text(b, written(t)[around->ids[i]]));
        snprintf(text, sizeof text, ",\"ids\":[%d],\"tokens\":[", around->ids[i]);
        LW_TRY(lwi_buffer_text(b, text));
        LW_TRY(lwi_json_put_text(b, written(t)[around->ids[i]]));
        LW_TRY(lwi_buffer_text(b, "]}"));
        *first = false;
    }
    return LW_OK;
}

lw_status lwi_json_put_post(const lw_tokenizer *t, lwi_buffer *b) {
    const bool pairs = t->model == LWI_MODEL_WORDPIECE; /* others have no second text */
    bool first = true;
    if (t->before.n + t->after.n == 0) return lwi_buffer_text(b, "\"post_processor\":null,\n");
    LW_TRY(lwi_buffer_text(b, "\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":["));
    LW_TRY(put_around(t, &t->before, b, "", ",", 0));
    LW_TRY(lwi_buffer_text(b, "{\"Sequence\":{\"id\":\"A\",\"type_id\":0}}"));
    LW_TRY(put_around(t, &t->after, b, ",", "", 0));
    LW_TRY(lwi_buffer_text(b, "],\"pair\":["));
    if (pairs) LW_TRY(put_around(t, &t->before, b, "", ",", 0));
    LW_TRY(lwi_buffer_text(b, "{\"Sequence\":{\"id\":\"A\",\"type_id\":0}}"));
    if (pairs) LW_TRY(put_around(t, &t->after, b, ",", "", 0));
    LW_TRY(lwi_buffer_text(b, ",{\"Sequence\":{\"id\":\"B\",\"type_id\":1}}"));
    if (pairs) LW_TRY(put_around(t, &t->after, b, ",", "", 1));
    LW_TRY(lwi_buffer_text(b, "],\"special_tokens\":{"));
    LW_TRY(put_meaning(t, &t->before, b, &first));
    LW_TRY(put_meaning(t, &t->after, b, &first));
    return lwi_buffer_text(b, "}},\n");
}

/* -------------------------------------------------------------------- model */

typedef struct scored {
    float score;
    lwi_merge merge;
} scored;

static int by_score(const void *a, const void *b) {
    const scored *x = a, *y = b;
    if (x->score != y->score) return x->score > y->score ? -1 : 1;
    if (x->merge.left != y->merge.left) return x->merge.left < y->merge.left ? -1 : 1;
    return x->merge.right < y->merge.right ? -1 : x->merge.right > y->merge.right;
}

/* Every pair of tokens that makes a token merges; the token's score says how soon. */
static lw_status find_merges(lwi_arena *arena, const lw_tokenizer *t, lwi_merge **merges,
                             size_t *n) {
    const lwi_vocabulary *v = &t->vocabulary;
    size_t capacity = 0;
    scored *found = NULL;
    for (size_t i = 0; i < v->count; i++) {
        const lw_string text = v->written[i];
        if (is_added(t, i) || v->attributes[i] & LW_TOKEN_BYTE) continue;
        for (size_t at = 1; at < text.size; at++) {
            if (((unsigned char)text.data[at] & 0xc0) == 0x80) continue;
            const int32_t left = lwi_vocabulary_find(v, text.data, at);
            const int32_t right = lwi_vocabulary_find(v, text.data + at, text.size - at);
            if (left < 0 || right < 0) continue;
            LW_TRY(lwi_arena_grow(arena, &found, &capacity, *n + 1, sizeof *found));
            found[(*n)++] = (scored){v->scores[i], {.left = left, .right = right, .id = (int)i}};
        }
    }
    if (*n) qsort(found, *n, sizeof *found, by_score);
    LW_TRY(lwi_arena_alloc(arena, *n, sizeof **merges, merges));
    for (size_t i = 0; i < *n; i++)
        (*merges)[i] = found[i].merge;
    return LW_OK;
}

static lw_status put_model(const lw_tokenizer *t, lwi_arena *arena, lwi_buffer *b) {
    lwi_merge *merges = NULL;
    size_t n = 0;
    char text[64];
    LW_TRY(t->bpe.order == LWI_BPE_SCORES ? find_merges(arena, t, &merges, &n)
                                          : lwi_list_merges(arena, t, &merges, &n));
    LW_TRY(lwi_buffer_text(b, "\"vocab\":{"));
    for (size_t i = 0, put = 0; i < t->vocabulary.count; i++) {
        const bool model = !t->bpe.bytes || !is_added(t, i);
        if (!written(t)[i].size || !model) continue;
        LW_TRY(lwi_buffer_text(b, put++ ? ",\n" : ""));
        LW_TRY(lwi_json_put_text(b, written(t)[i]));
        snprintf(text, sizeof text, ":%zu", i);
        LW_TRY(lwi_buffer_text(b, text));
    }
    LW_TRY(lwi_buffer_text(b, "},\n\"merges\":["));
    for (size_t i = 0; i < n; i++) {
        LW_TRY(lwi_buffer_text(b, i ? ",\n[" : "["));
        LW_TRY(lwi_json_put_text(b, written(t)[merges[i].left]));
        LW_TRY(lwi_buffer_text(b, ","));
        LW_TRY(lwi_json_put_text(b, written(t)[merges[i].right]));
        LW_TRY(lwi_buffer_text(b, "]"));
    }
    return lwi_buffer_text(b, "]}}\n");
}

/* -------------------------------------------------------------------- kinds */

static lw_status byte_level(const lw_tokenizer *t, lw_string pre, lwi_arena *arena, lwi_buffer *b) {
    LW_TRY(lwi_named_pre_json(pre, b));
    LW_TRY(lwi_json_put_post(t, b));
    LW_TRY(lwi_buffer_text(b, "\"decoder\":{\"type\":\"ByteLevel\",\"add_prefix_space\":true,"
                              "\"trim_offsets\":true,\"use_regex\":true},\n\"model\":{"
                              "\"type\":\"BPE\",\"dropout\":null,\"unk_token\":null,"
                              "\"fuse_unk\":false,\"byte_fallback\":false,\"ignore_merges\":"));
    LW_TRY(lwi_buffer_text(b, t->bpe.whole_first ? "true,\n" : "false,\n"));
    return put_model(t, arena, b);
}

static bool adds_space(const lw_tokenizer *t) {
    for (size_t i = 0; i < t->normalizer.n; i++)
        if (t->normalizer.steps[i].kind == LWI_NORMAL_PREPEND) return true;
    return false;
}

static lw_status sentencepiece(const lw_tokenizer *t, lwi_arena *arena, lwi_buffer *b) {
    const bool prefix = adds_space(t);
    LW_TRY(lwi_buffer_text(b, "\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":["));
    if (prefix)
        LW_TRY(lwi_buffer_text(b, "{\"type\":\"Prepend\",\"prepend\":\"" LWI_SPACE_MARK "\"},"));
    LW_TRY(lwi_buffer_text(b, "{\"type\":\"Replace\",\"pattern\":{\"String\":\" \"},"
                              "\"content\":\"" LWI_SPACE_MARK "\"}]},\n\"pre_tokenizer\":null,\n"));
    LW_TRY(lwi_json_put_post(t, b));
    LW_TRY(lwi_buffer_text(b,
                           "\"decoder\":{\"type\":\"Sequence\",\"decoders\":[{\"type\":\"Replace\","
                           "\"pattern\":{\"String\":\"" LWI_SPACE_MARK "\"},\"content\":\" \"},"
                           "{\"type\":\"ByteFallback\"},{\"type\":\"Fuse\"}"));
    if (prefix)
        LW_TRY(
            lwi_buffer_text(b, ",{\"type\":\"Strip\",\"content\":\" \",\"start\":1,\"stop\":0}"));
    LW_TRY(lwi_buffer_text(b, "]},\n\"model\":{\"type\":\"BPE\",\"dropout\":null,"
                              "\"fuse_unk\":true,\"byte_fallback\":true,\"ignore_merges\":false,"
                              "\"unk_token\":"));
    if (t->unknown >= 0) LW_TRY(lwi_json_put_text(b, written(t)[t->unknown]));
    else LW_TRY(lwi_buffer_text(b, "null"));
    LW_TRY(lwi_buffer_text(b, ",\n"));
    return put_model(t, arena, b);
}

static bool has_step(const lw_tokenizer *t, lwi_normal_kind kind) {
    for (size_t i = 0; i < t->normalizer.n; i++)
        if (t->normalizer.steps[i].kind == kind) return true;
    return false;
}

static bool starts(lw_string text, lw_string with) {
    return text.size >= with.size && !memcmp(text.data, with.data, with.size);
}

/* GGUF files mark the tokens that begin a word, BERT those that go on with one. */
static lw_status put_word(const lw_tokenizer *t, size_t i, lwi_buffer *b) {
    static const char more[] = "##";
    const lw_string text = written(t)[i], start = t->wordpiece.start;
    const bool begins = starts(text, start);
    lwi_buffer word = lwi_buffer_new(&lwi_malloc_allocator);
    if (is_added(t, i) || !start.size) return lwi_json_put_text(b, text);
    if (begins)
        return lwi_json_put_text(b, (lw_string){text.data + start.size, text.size - start.size});
    lw_status status = lwi_buffer_put(&word, more, sizeof more - 1);
    if (status == LW_OK) status = lwi_buffer_put(&word, text.data, text.size);
    if (status == LW_OK) status = lwi_json_put_text(b, (lw_string){word.data, word.size});
    lwi_buffer_free(&word);
    return status;
}

static lw_status wordpiece(const lw_tokenizer *t, lwi_buffer *b) {
    char text[256];
    snprintf(text, sizeof text,
             "\"normalizer\":{\"type\":\"BertNormalizer\",\"clean_text\":%s,"
             "\"handle_chinese_chars\":%s,\"strip_accents\":%s,\"lowercase\":%s},\n",
             has_step(t, LWI_NORMAL_CLEAN) ? "true" : "false",
             has_step(t, LWI_NORMAL_CHINESE) ? "true" : "false",
             has_step(t, LWI_NORMAL_ACCENTS) ? "true" : "false",
             has_step(t, LWI_NORMAL_LOWERCASE) ? "true" : "false");
    LW_TRY(lwi_buffer_text(b, text));
    LW_TRY(lwi_buffer_text(b, "\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},\n"));
    LW_TRY(lwi_json_put_post(t, b));
    LW_TRY(lwi_buffer_text(b, "\"decoder\":{\"type\":\"WordPiece\",\"prefix\":\"##\","
                              "\"cleanup\":true},\n\"model\":{\"type\":\"WordPiece\","
                              "\"continuing_subword_prefix\":\"##\","));
    snprintf(text, sizeof text,
             "\"max_input_chars_per_word\":%zu,\"unk_token\":", t->wordpiece.most_characters);
    LW_TRY(lwi_buffer_text(b, text));
    LW_TRY(lwi_json_put_text(b, written(t)[t->wordpiece.unknown]));
    LW_TRY(lwi_buffer_text(b, ",\"vocab\":{"));
    for (size_t i = 0, put = 0; i < t->vocabulary.count; i++) {
        if (!written(t)[i].size) continue;
        LW_TRY(lwi_buffer_text(b, put++ ? ",\n" : ""));
        LW_TRY(put_word(t, i, b));
        snprintf(text, sizeof text, ":%zu", i);
        LW_TRY(lwi_buffer_text(b, text));
    }
    return lwi_buffer_text(b, "}}}\n");
}

/* false: it cuts texts otherwise, or cannot be read. */
bool lwi_json_agrees(const lw_tokenizer *t, const lwi_buffer *json) {
    lw_tokenizer *made = NULL;
    const lw_string text = {json->data, json->size};
    const bool same = lwi_hft_tokenizer(text, (lw_string){NULL, 0}, &made) == LW_OK &&
                      lwi_tokenizers_agree(t, made);
    lw_tokenizer_free(made);
    return same;
}

static lw_status put_all(const lw_tokenizer *t, lw_string pre, lwi_arena *arena, lwi_buffer *b) {
    const bool plain = t->model == LWI_MODEL_BPE && !t->bpe.suffix.size && !t->bpe.prefix.size;
    LW_TRY(lwi_buffer_text(b, "{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\n"));
    LW_TRY(put_added(t, b));
    if (plain && t->bpe.bytes && t->bpe.order == LWI_BPE_MERGES)
        return byte_level(t, pre, arena, b);
    if (plain && !t->bpe.bytes && t->bpe.order == LWI_BPE_SCORES && t->vocabulary.scores)
        return sentencepiece(t, arena, b);
    if (t->model == LWI_MODEL_WORDPIECE) return wordpiece(t, b);
    if (t->model == LWI_MODEL_UNIGRAM) return lwi_json_put_unigram(t, b);
    return lwi_fail(LW_UNSUPPORTED, "tokenizers of the kind '%s' cannot be converted yet", t->kind);
}

/* What was written is read again: it must cut texts as the original does. */
lw_status lwi_tokenizer_json(const lw_tokenizer *t, lw_string pre, lwi_buffer *json) {
    lwi_arena arena;
    lwi_arena_init(&arena, &lwi_malloc_allocator);
    const lw_status status = put_all(t, pre, &arena, json);
    lwi_arena_free(&arena);
    if (status != LW_OK || lwi_json_agrees(t, json)) return status;
    return lwi_fail(LW_UNSUPPORTED, "no tokenizer.json can say how this tokenizer cuts texts");
}
