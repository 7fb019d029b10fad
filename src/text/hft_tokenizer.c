/* SPDX-License-Identifier: MIT */
#include "text/hft_tokenizer.h"

#include "text/tokenizer_steps.h"

/* How the vocabulary has an added token: byte-level tokenizers decode it like any other. */
static lw_status add_written(lw_tokenizer *t, size_t id, lw_string text) {
    lwi_vocabulary *v = &t->vocabulary;
    char *bytes = NULL;
    size_t n = 0;
    v->written[id] = v->pieces[id] = text;
    if (v->written == v->pieces) return LW_OK;
    LW_TRY(lwi_arena_alloc(&t->arena, text.size, 1, &bytes));
    if (lwi_from_alphabet(&t->alphabet, text, bytes, &n)) v->pieces[id] = (lw_string){bytes, n};
    return LW_OK;
}

static lw_status read_added_token(lw_tokenizer *t, const lwi_json_item *item, size_t most) {
    const int64_t id = lwi_json_int(item, "id", -1);
    lwi_added_token *a = t->added + t->n_added;
    if (id < 0 || (uint64_t)id >= most)
        return lwi_fail(LW_CORRUPT, "tokenizer.json: an added token has the number %lld",
                        (long long)id);
    *a = (lwi_added_token){.id = (int32_t)id,
                           .special = lwi_json_bool(item, "special", false),
                           .single_word = lwi_json_bool(item, "single_word", false),
                           .lstrip = lwi_json_bool(item, "lstrip", false),
                           .rstrip = lwi_json_bool(item, "rstrip", false)};
    a->normalized = lwi_json_bool(item, "normalized", !a->special);
    LW_TRY(lwi_hft_keep(t, item, "content", &a->text));
    LW_TRY(lwi_vocabulary_extend(&t->vocabulary, &t->arena, (size_t)id + 1));
    LW_TRY(add_written(t, (size_t)id, a->text));
    t->vocabulary.attributes[id] = a->special ? LW_TOKEN_CONTROL : LW_TOKEN_USER;
    t->n_added++;
    return LW_OK;
}

/* The vocabulary is made as long as the added tokens want at once. */
static lw_status read_added(lw_tokenizer *t, const lwi_json_item *list) {
    enum { MOST_GAPS = 1 << 20 };
    if (!lwi_json_is(list, LWI_JSON_ARRAY)) return LW_OK;
    const size_t most = t->vocabulary.count + list->size + MOST_GAPS;
    int64_t last = -1;
    for (size_t i = 0; i < list->size; i++) {
        const int64_t id = lwi_json_int(list->items + i, "id", -1);
        if (id > last) last = id;
    }
    if (last >= 0 && (uint64_t)last < most)
        LW_TRY(lwi_vocabulary_extend(&t->vocabulary, &t->arena, (size_t)last + 1));
    LW_TRY(lwi_arena_alloc(&t->arena, list->size, sizeof *t->added, &t->added));
    for (size_t i = 0; i < list->size; i++)
        LW_TRY(read_added_token(t, list->items + i, most));
    return LW_OK;
}

static lw_status read_parts(lw_tokenizer *t, lw_string json, const lwi_json_item *root,
                            const lwi_json_item *config) {
    if (!lwi_json_is(lwi_json_get(root, "model"), LWI_JSON_OBJECT))
        return lwi_fail(LW_CORRUPT, "tokenizer.json: there is no model");
    LW_TRY(lwi_hft_normalizer(t, lwi_json_get(root, "normalizer")));
    LW_TRY(lwi_hft_pretokenizer(t, lwi_json_get(root, "pre_tokenizer")));
    LW_TRY(lwi_hft_model(t, lwi_json_get(root, "model"), json));
    LW_TRY(read_added(t, lwi_json_get(root, "added_tokens")));
    LW_TRY(lwi_hft_post_processor(t, lwi_json_get(root, "post_processor")));
    LW_TRY(lwi_hft_decoder(t, lwi_json_get(root, "decoder")));
    LW_TRY(lwi_hft_config(t, config));
    return lwi_tokenizer_finish(t);
}

lw_status lwi_hft_tokenizer(lw_string json, lw_string config, lw_tokenizer **tokenizer) {
    lwi_arena arena;
    lw_tokenizer *t = NULL;
    const lwi_json_item *root = NULL, *settings = NULL;
    lwi_arena_init(&arena, &lwi_malloc_allocator);
    lw_status status = lwi_json_parse(&arena, json.data, json.size, NULL, &root);
    if (status == LW_OK && config.size)
        status = lwi_json_parse(&arena, config.data, config.size, NULL, &settings);
    if (status == LW_OK) status = lwi_tokenizer_new("", &t);
    if (status == LW_OK) status = read_parts(t, json, root, settings);
    lwi_arena_free(&arena);
    if (status == LW_OK) *tokenizer = t;
    else lw_tokenizer_free(t);
    return status;
}
