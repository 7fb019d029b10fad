/* SPDX-License-Identifier: MIT */
#include "text/gguf_tokenizer.h"

static bool same(lw_string a, const char *b) {
    return a.size == strlen(b) && !memcmp(a.data, b, a.size);
}

static bool starts(lw_string a, const char *b) {
    return a.size >= strlen(b) && !memcmp(a.data, b, strlen(b));
}

static uint8_t attribute_of(int64_t type) {
    static const uint8_t known[] = {LW_TOKEN_NORMAL,  LW_TOKEN_NORMAL, LW_TOKEN_UNKNOWN,
                                    LW_TOKEN_CONTROL, LW_TOKEN_USER,   LW_TOKEN_UNUSED,
                                    LW_TOKEN_BYTE};
    return type >= 0 && type < (int64_t)sizeof known ? known[type] : LW_TOKEN_NORMAL;
}

static lw_status array_of(const lwi_gguf *gguf, const char *key, size_t count,
                          const lwi_gguf_pair **pair) {
    *pair = lwi_gguf_find(gguf, key);
    if (!*pair) return LW_OK;
    if ((*pair)->kind != LWI_GGUF_ARRAY || (*pair)->element == LWI_GGUF_STRING ||
        (*pair)->count != count)
        return lwi_fail(LW_CORRUPT, "GGUF: %s is not an array of %zu numbers", key, count);
    return LW_OK;
}

static lw_status read_vocabulary(const lwi_gguf *gguf, bool byte_level, lw_tokenizer *t) {
    const lwi_gguf_pair *tokens = lwi_gguf_find(gguf, "tokenizer.ggml.tokens"), *types, *scores;
    const lw_string *texts = NULL;
    lwi_vocabulary *v = &t->vocabulary;
    if (!tokens) return lwi_fail(LW_NOT_FOUND, "GGUF: there is no tokenizer.ggml.tokens");
    LW_TRY(lwi_vocabulary_init(v, &t->arena, tokens->count, byte_level));
    LW_TRY(lwi_gguf_strings(&t->arena, tokens, &texts));
    LW_TRY(array_of(gguf, "tokenizer.ggml.token_type", v->count, &types));
    LW_TRY(array_of(gguf, "tokenizer.ggml.scores", v->count, &scores));
    if (scores) LW_TRY(lwi_arena_alloc(&t->arena, v->count, sizeof *v->scores, &v->scores));
    for (size_t i = 0; i < v->count; i++) {
        v->written[i] = texts[i];
        v->attributes[i] = types ? attribute_of(lwi_gguf_element_int(types, i)) : LW_TOKEN_NORMAL;
        if (scores) v->scores[i] = (float)lwi_gguf_element(scores, i);
        if (v->scores && !(v->scores[i] > -1e30f && v->scores[i] < 1e30f))
            return lwi_fail(LW_CORRUPT, "GGUF: the score of token %zu is no number", i);
    }
    return LW_OK;
}

/* Tokens that are found in texts as they are written. */
static lw_status read_added(const lwi_gguf *gguf, lw_tokenizer *t) {
    enum { ADDED = LW_TOKEN_CONTROL | LW_TOKEN_USER | LW_TOKEN_UNKNOWN };
    const lwi_vocabulary *v = &t->vocabulary;
    const bool phi3 = same(lwi_gguf_string(gguf, "general.architecture"), "phi3");
    size_t n = 0;
    for (size_t i = 0; i < v->count; i++)
        n += (v->attributes[i] & ADDED) != 0;
    LW_TRY(lwi_arena_alloc(&t->arena, n, sizeof *t->added, &t->added));
    for (size_t i = 0; i < v->count; i++) {
        const lw_string text = v->written[i];
        if (!(v->attributes[i] & ADDED) || !text.size) continue;
        /* Phi-3's own tokens take the white space after them along. */
        const bool rstrip =
            phi3 && (same(text, "</s>") || (starts(text, "<|") && !same(text, "<|endoftext|>")));
        t->added[t->n_added++] = (lwi_added_token){.id = (int32_t)i,
                                                   .text = text,
                                                   .special = !(v->attributes[i] & LW_TOKEN_USER),
                                                   .rstrip = rstrip};
    }
    return LW_OK;
}

/* A token by its key; what is not in the vocabulary is none. */
static int32_t special(const lwi_gguf *gguf, const char *key, size_t count, int64_t absent) {
    const int64_t id = lwi_gguf_int(gguf, key, absent);
    return id >= 0 && id < (int64_t)count ? (int32_t)id : LWI_NO_TOKEN;
}

static void read_specials(const lwi_gguf *gguf, lw_string model, lw_tokenizer *t) {
    const size_t n = t->vocabulary.count;
    const bool llama = same(model, "llama"), t5 = same(model, "t5"), bert = same(model, "bert");
    t->bos = special(gguf, "tokenizer.ggml.bos_token_id", n, llama ? 1 : bert ? 101 : -1);
    t->eos = special(gguf, "tokenizer.ggml.eos_token_id", n, llama ? 2 : t5 ? 1 : -1);
    t->eot = special(gguf, "tokenizer.ggml.eot_token_id", n, -1);
    t->pad = special(gguf, "tokenizer.ggml.padding_token_id", n, bert || t5 ? 0 : -1);
    t->sep = special(gguf, "tokenizer.ggml.seperator_token_id", n, bert ? 102 : -1);
    t->cls = special(gguf, "tokenizer.ggml.cls_token_id", n, bert ? 101 : -1);
    t->mask = special(gguf, "tokenizer.ggml.mask_token_id", n, bert ? 103 : -1);
    t->unknown = special(gguf, "tokenizer.ggml.unknown_token_id", n,
                         llama  ? 0
                         : bert ? 100
                         : t5   ? 2
                                : -1);
    if (bert) t->bos = t->cls;
}

lw_status lwi_gguf_tokenizer(const lwi_gguf *gguf, lw_tokenizer **tokenizer) {
    const lw_string model = lwi_gguf_string(gguf, "tokenizer.ggml.model");
    lw_tokenizer *t = NULL;
    if (!model.size) return lwi_fail(LW_NOT_FOUND, "GGUF: the file holds no tokenizer");
    LW_TRY(lwi_tokenizer_new("", &t));
    lw_status status = read_vocabulary(gguf, same(model, "gpt2"), t);
    if (status == LW_OK) status = read_added(gguf, t);
    if (status == LW_OK) {
        read_specials(gguf, model, t);
        status = lwi_gguf_model(gguf, model, t);
    }
    if (status == LW_OK) status = lwi_tokenizer_finish(t);
    if (status == LW_OK) *tokenizer = t;
    else lw_tokenizer_free(t);
    return status;
}
