/* SPDX-License-Identifier: MIT
 * The tokens that steer a speech model, by their texts in the tokenizer; and those that it must not
 * say. */
#include "base/file.h"
#include "base/json_read.h"
#include "llm/gguf_source.h"
#include "speech/speech_model.h"

#include <stdio.h>
#include <string.h>

enum { PATH = 4096, CODE = 16, SECOND = 50 /* timestamps */ };

static int32_t find(const lw_speech *s, const char *text) {
    int32_t token = -1;
    if (lw_tokenizer_find(s->tokenizer, text, strlen(text), &token) != LW_OK) return -1;
    return (size_t)token < s->vocabulary ? token : -1;
}

static lw_status find_needed(const lw_speech *s, const char *text, int32_t *token) {
    *token = find(s, text);
    if (*token >= 0) return LW_OK;
    return lwi_fail(LW_CORRUPT, "the tokenizer has no token '%s' that the model knows", text);
}

static lw_status find_all(lw_speech *s) {
    lwi_speech_tokens *t = &s->tokens;
    LW_TRY(find_needed(s, "<|endoftext|>", &t->end));
    LW_TRY(find_needed(s, "<|startoftranscript|>", &t->start));
    LW_TRY(find_needed(s, "<|notimestamps|>", &t->no_timestamps));
    t->translate = find(s, "<|translate|>");
    t->transcribe = find(s, "<|transcribe|>");
    t->previous = find(s, "<|startofprev|>");
    t->language_model = find(s, "<|startoflm|>");
    t->no_speech = find(s, "<|nospeech|>");
    if (t->no_speech < 0) t->no_speech = find(s, "<|nocaptions|>");
    return LW_OK;
}

/* "<|en|>" */
static lw_status read_language(lw_speech *s, int32_t token, lwi_language *language) {
    lw_string piece = {NULL, 0};
    language->code = NULL;
    if (lw_tokenizer_piece(s->tokenizer, token, &piece) != LW_OK || piece.size < 6 ||
        piece.size > CODE || memcmp(piece.data, "<|", 2) ||
        memcmp(piece.data + piece.size - 2, "|>", 2))
        return LW_OK;
    language->token = token;
    return lwi_arena_string(&s->arena, piece.data + 2, piece.size - 4, &language->code);
}

/* They stand between the start and the tasks. */
static lw_status find_languages(lw_speech *s) {
    lwi_speech_tokens *t = &s->tokens;
    lwi_language *languages = NULL;
    if (t->translate < 0 || t->transcribe < 0) return LW_OK;
    const int32_t last = t->translate < t->transcribe ? t->translate : t->transcribe;
    if (last <= t->start) return LW_OK;
    LW_TRY(lwi_arena_alloc(&s->arena, (size_t)(last - t->start), sizeof *languages, &languages));
    for (int32_t i = t->start + 1; i < last; i++) {
        LW_TRY(read_language(s, i, languages + t->n_languages));
        if (languages[t->n_languages].code) t->n_languages++;
    }
    t->languages = languages;
    return LW_OK;
}

/* -------------------------------------------------------------------- files */

static lw_status read_list(lw_speech *s, const lwi_json_item *config, const char *key,
                           lwi_token_list *list) {
    const lwi_json_item *item = lwi_json_get(config, key);
    int32_t *tokens = NULL;
    if (!item || lwi_json_is(item, LWI_JSON_NULL)) return LW_OK;
    if (!lwi_json_is(item, LWI_JSON_ARRAY)) return lwi_fail(LW_CORRUPT, "%s is no list", key);
    LW_TRY(lwi_arena_alloc(&s->arena, item->size, sizeof *tokens, &tokens));
    for (size_t i = 0; i < item->size; i++) {
        const lwi_json_item *x = item->items + i;
        if (!lwi_json_is(x, LWI_JSON_NUMBER) || !x->is_integer || x->integer < 0 ||
            (uint64_t)x->integer >= s->vocabulary)
            return lwi_fail(LW_CORRUPT, "%s: element %zu is no token of %zu", key, i,
                            s->vocabulary);
        tokens[i] = (int32_t)x->integer;
    }
    *list = (lwi_token_list){tokens, item->size};
    return LW_OK;
}

/* Without a list, those of the upper half of the layers. */
static lw_status upper_heads(lw_speech *s) {
    const size_t first = s->layers / 2, n = (s->layers - first) * s->heads;
    lwi_head *heads = NULL;
    LW_TRY(lwi_arena_alloc(&s->arena, n, sizeof *heads, &heads));
    for (size_t i = 0; i < n; i++)
        heads[i] = (lwi_head){first + i / s->heads, i % s->heads};
    s->tokens.aligned = heads;
    s->tokens.n_aligned = n;
    return LW_OK;
}

static bool read_index(const lwi_json_item *item, size_t most, size_t *index) {
    if (!lwi_json_is(item, LWI_JSON_NUMBER) || !item->is_integer || item->integer < 0 ||
        (uint64_t)item->integer >= most)
        return false;
    *index = (size_t)item->integer;
    return true;
}

/* alignment_heads: [[layer, head], ...] */
static lw_status read_heads(lw_speech *s, const lwi_json_item *config) {
    const lwi_json_item *list = lwi_json_get(config, "alignment_heads");
    lwi_head *heads = NULL;
    if (!lwi_json_is(list, LWI_JSON_ARRAY) || list->size == 0) return upper_heads(s);
    LW_TRY(lwi_arena_alloc(&s->arena, list->size, sizeof *heads, &heads));
    for (size_t i = 0; i < list->size; i++) {
        const lwi_json_item *pair = list->items + i;
        if (!lwi_json_is(pair, LWI_JSON_ARRAY) || pair->size != 2 ||
            !read_index(pair->items, s->layers, &heads[i].layer) ||
            !read_index(pair->items + 1, s->heads, &heads[i].head))
            return lwi_fail(LW_CORRUPT, "alignment_heads: element %zu is no layer and head of it",
                            i);
    }
    s->tokens.aligned = heads;
    s->tokens.n_aligned = list->size;
    return LW_OK;
}

/* OpenAI's models with 51865 tokens or more know all languages, the others English only. */
static lw_status take_config(lw_speech *s, const lwi_json_item *config) {
    enum { MANY_LANGUAGES = 51865 };
    lwi_speech_tokens *t = &s->tokens;
    const int64_t latest = lwi_json_int(config, "max_initial_timestamp_index", SECOND);
    LW_TRY(read_list(s, config, "suppress_tokens", &t->never));
    LW_TRY(read_list(s, config, "begin_suppress_tokens", &t->not_first));
    LW_TRY(read_heads(s, config));
    t->latest_start = latest < 0 || latest > INT32_MAX ? INT32_MAX : (int32_t)latest;
    if (!lwi_json_bool(config, "is_multilingual", s->vocabulary >= MANY_LANGUAGES)) return LW_OK;
    return find_languages(s);
}

static lw_status read_config(lw_speech *s, lw_string text, const char *name) {
    lwi_arena arena;
    const lwi_json_item *root = NULL;
    const lwi_json_limits limits = {.python_numbers = true};
    lwi_arena_init(&arena, &lwi_malloc_allocator);
    lw_status status = lwi_json_parse(&arena, text.data, text.size, &limits, &root);
    if (status == LW_OK) status = take_config(s, root);
    lwi_arena_free(&arena);
    return status == LW_OK ? LW_OK : lwi_fail_prefix(status, "%s", name);
}

/* A GGUF file has the text of generation_config.json. */
static lw_status read_gguf(lw_speech *s, const char *path, bool *done) {
    lwi_gguf_source source;
    lwi_file file = {0};
    if (lwi_file_map(path, &file) != LW_OK) return LW_OK; /* a folder */
    lwi_file_unmap(&file);
    *done = true;
    lw_status status = lwi_gguf_source_open(path, &source);
    const lw_string text =
        status == LW_OK ? lwi_gguf_string(&source.gguf, LWI_GENERATION_KEY) : (lw_string){NULL, 0};
    if (status == LW_OK && text.size) status = read_config(s, text, LWI_GENERATION_KEY);
    else if (status == LW_OK) status = read_config(s, (lw_string){"{}", 2}, path);
    lwi_gguf_source_close(&source);
    return status;
}

lw_status lwi_speech_tokens_read(lw_speech *s, const char *path_given) {
    static const char *const names[] = {"generation_config.json", "config.json"};
    bool done = false;
    LW_TRY(find_all(s));
    const lw_status read = read_gguf(s, path_given, &done);
    if (done) return read;
    for (size_t i = 0; i < 2; i++) {
        char path[PATH];
        lwi_file file = {0};
        const int n = snprintf(path, sizeof path, "%s/%s", path_given, names[i]);
        if (n < 0 || n >= PATH || lwi_file_map(path, &file) != LW_OK) continue;
        const lw_status status =
            read_config(s, (lw_string){(const char *)file.data, file.size}, names[i]);
        lwi_file_unmap(&file);
        return status;
    }
    return lwi_fail(LW_NOT_FOUND, "%s has no config.json", path_given);
}
