/* SPDX-License-Identifier: MIT
 * POST /tokenize and /detokenize. */
#include <string.h>

#include "serve/completion.h"
#include "serve/http_error.h"
#include "serve/members.h"
#include "serve/routes.h"

typedef struct tokenizing {
    const lwi_served *model;
    const lw_tokenizer *tokenizer;
    lwi_arena arena;
    lwi_json_writer json;
} tokenizing;

static void put_piece(lwi_json_writer *json, const lw_tokenizer *tokenizer, int32_t token) {
    lw_string piece = {NULL, 0};
    lwi_put_open(json, '{');
    lwi_put_key_integer(json, "id", token);
    lwi_put_key(json, "piece");
    if (lw_tokenizer_piece(tokenizer, token, &piece) == LW_OK)
        lwi_put_string(json, piece.data, piece.size);
    else lwi_put_null(json);
    lwi_put_close(json, '}');
}

/* "content" as llama.cpp calls it, or "prompt" as vLLM does. */
static lw_status tokenize(tokenizing *t, const lwi_json_item *root) {
    const lwi_json_item *text = lwi_member(root, "content");
    bool special = !text; /* llama.cpp's default is false, vLLM's is true */
    bool parse = true, pieces = false;
    const int32_t *tokens = NULL;
    size_t n = 0;
    if (!text) text = lwi_member(root, "prompt");
    if (!lwi_json_is(text, LWI_JSON_STRING))
        return lwi_fail(LW_INVALID, "'content' (or 'prompt') is not a string");
    LW_TRY(lwi_member_bool(root, "add_special", &special));
    LW_TRY(lwi_member_bool(root, "add_special_tokens", &special));
    LW_TRY(lwi_member_bool(root, "parse_special", &parse));
    LW_TRY(lwi_member_bool(root, "with_pieces", &pieces));
    const unsigned flags =
        (special ? LW_ENCODE_ADD_SPECIAL : 0) | (parse ? LW_ENCODE_PARSE_SPECIAL : 0);
    LW_TRY(lwi_served_encode(t->model, text->text, text->size, flags, &t->arena, &tokens, &n));
    lwi_put_key(&t->json, "tokens");
    lwi_put_open(&t->json, '[');
    for (size_t i = 0; i < n; i++) {
        if (pieces) put_piece(&t->json, t->tokenizer, tokens[i]);
        else lwi_put_integer(&t->json, tokens[i]);
    }
    lwi_put_close(&t->json, ']');
    lwi_put_key_integer(&t->json, "count", (int64_t)n);
    lwi_put_key_integer(&t->json, "max_model_len", (int64_t)t->model->context);
    return t->json.status;
}

static lw_status detokenize(tokenizing *t, const lwi_json_item *root) {
    const int32_t *tokens = NULL;
    size_t n = 0, size = 0;
    char *text = NULL;
    lw_tokenizer_info info = {.size = sizeof info};
    LW_TRY(lw_tokenizer_get_info(t->tokenizer, &info));
    LW_TRY(lwi_item_tokens(lwi_member(root, "tokens"), "tokens", info.vocabulary, &t->arena,
                           &tokens, &n));
    LW_TRY(lw_tokenizer_decode(t->tokenizer, tokens, n, 0, NULL, 0, &size));
    LW_TRY(lwi_arena_alloc(&t->arena, size + 1, 1, &text));
    LW_TRY(lw_tokenizer_decode(t->tokenizer, tokens, n, 0, text, size, &size));
    lwi_put_key(&t->json, "content");
    lwi_put_string(&t->json, text, size);
    lwi_put_key(&t->json, "prompt");
    lwi_put_string(&t->json, text, size);
    return t->json.status;
}

static void answer(lwi_exchange *x, lw_status (*run)(tokenizing *, const lwi_json_item *)) {
    tokenizing t = {.json = lwi_json_writer_new(&lwi_malloc_allocator)};
    lwi_arena_init(&t.arena, &lwi_malloc_allocator);
    const lwi_json_item *root = lwi_body_object(x, &t.arena);
    if (root) t.model = lwi_language_model(x, root);
    if (t.model) {
        t.tokenizer = lw_llm_tokenizer(t.model->llm);
        lwi_put_open(&t.json, '{');
        const lw_status status = run(&t, root);
        lwi_put_close(&t.json, '}');
        if (status == LW_OK) lwi_answer_json(x, 200, &t.json);
        else lwi_refuse_status(x, status);
    }
    lwi_json_writer_free(&t.json);
    lwi_arena_free(&t.arena);
}

void lwi_api_tokenize(lwi_exchange *x) { answer(x, tokenize); }
void lwi_api_detokenize(lwi_exchange *x) { answer(x, detokenize); }
