/* SPDX-License-Identifier: MIT
 * POST /v1/rerank, as Jina, Cohere and llama.cpp have it: documents by how well they answer a
 * query. The scores are those of a cross-encoder, as they come from its last layer. */
#include <stdlib.h>
#include <string.h>

#include "serve/http_error.h"
#include "serve/routes.h"
#include "serve/vector_jobs.h"

enum { MOST_DOCUMENTS = 2048 };

typedef struct ranking {
    const lwi_json_item *documents;
    size_t top;      /* results that are wanted */
    bool with_texts; /* results have the documents */
} ranking;

typedef struct result {
    size_t index;
    double score;
} result;

/* ----------------------------------------------------------------------- answer */

/* The best comes first; equal ones stay in their order. */
static int compare(const void *a, const void *b) {
    const result *x = a, *y = b;
    if (x->score != y->score) return x->score < y->score ? 1 : -1;
    return x->index > y->index ? 1 : -1;
}

/* A text, or an object with a text. */
static const lwi_json_item *text_of(const lwi_json_item *document) {
    const lwi_json_item *text =
        document->kind == LWI_JSON_OBJECT ? lwi_member(document, "text") : document;
    return text && text->kind == LWI_JSON_STRING ? text : NULL;
}

static void put_result(lwi_json_writer *json, const ranking *r, const result *found) {
    const lwi_json_item *text = text_of(&r->documents->items[found->index]);
    lwi_put_open(json, '{');
    lwi_put_key_integer(json, "index", (int64_t)found->index);
    lwi_put_key(json, "relevance_score");
    lwi_put_float(json, (float)found->score);
    if (r->with_texts) {
        lwi_put_key(json, "document");
        lwi_put_open(json, '{');
        lwi_put_key(json, "text");
        lwi_put_string(json, text->text, text->size);
        lwi_put_close(json, '}');
    }
    lwi_put_close(json, '}');
}

static void answer(lwi_vectors *v) {
    const ranking *r = v->options;
    result *results = NULL;
    lwi_json_writer json = lwi_json_writer_new(&lwi_malloc_allocator);
    if (lwi_arena_alloc(&v->arena, v->n, sizeof *results, &results) != LW_OK) {
        lwi_refuse_status(v->exchange, LW_NO_MEMORY);
        return;
    }
    for (size_t i = 0; i < v->n; i++)
        results[i] = (result){i, (double)v->items[i].data[0]};
    qsort(results, v->n, sizeof *results, compare);
    lwi_put_open(&json, '{');
    lwi_put_key_text(&json, "object", "list");
    lwi_put_key_text(&json, "model", v->model->name);
    lwi_vectors_put_usage(v, &json);
    lwi_put_key(&json, "results");
    lwi_put_open(&json, '[');
    for (size_t i = 0; i < r->top; i++)
        put_result(&json, r, results + i);
    lwi_put_close(&json, ']');
    lwi_put_close(&json, '}');
    lwi_answer_json(v->exchange, 200, &json);
}

/* ---------------------------------------------------------------------- request */

static lw_status read_document(lwi_vectors *v, const lwi_json_item *query,
                               const lwi_json_item *document, size_t i) {
    const lwi_json_item *text = text_of(document);
    int32_t *tokens = NULL;
    size_t n = 0, second = 0;
    if (!text) return lwi_fail(LW_INVALID, "document %zu is no text", i);
    const lw_string a = {query->text, query->size}, b = {text->text, text->size};
    const lw_tokenizer *t = lw_llm_tokenizer(v->model->llm);
    LW_TRY(lw_tokenizer_encode_pair(t, a, b, LW_ENCODE_ADD_SPECIAL, NULL, 0, &n, &second));
    LW_TRY(lwi_arena_alloc(&v->arena, n, sizeof *tokens, &tokens));
    LW_TRY(lw_tokenizer_encode_pair(t, a, b, LW_ENCODE_ADD_SPECIAL, tokens, n, &n, &second));
    return lwi_vectors_set(v, i, tokens, n, second);
}

static lw_status check_model(const lwi_vectors *v) {
    lw_llm_info info = {.size = sizeof info};
    LW_TRY(lw_llm_describe(v->model->llm, &info));
    if (info.classifier && info.width == 1) return LW_OK;
    return lwi_fail(LW_UNSUPPORTED, "the model '%s' gives no score of a pair of texts",
                    v->model->name);
}

static lw_status read_request(lwi_vectors *v, const lwi_json_item *root) {
    const lwi_json_item *query = lwi_member(root, "query");
    const lwi_json_item *documents = lwi_member(root, "documents");
    ranking *r = NULL;
    LW_TRY(check_model(v));
    if (!documents) documents = lwi_member(root, "texts");
    if (!query || query->kind != LWI_JSON_STRING) return lwi_fail(LW_INVALID, "'query' is no text");
    if (!documents || documents->kind != LWI_JSON_ARRAY || documents->size == 0)
        return lwi_fail(LW_INVALID, "'documents' is no list of texts");
    if (documents->size > MOST_DOCUMENTS)
        return lwi_fail(LW_INVALID, "'documents' has %zu texts, more than %d", documents->size,
                        MOST_DOCUMENTS);
    LW_TRY(lwi_arena_alloc(&v->arena, 1, sizeof *r, &r));
    *r = (ranking){.documents = documents, .top = documents->size};
    LW_TRY(lwi_member_count(root, "top_n", SIZE_MAX - 1, &r->top));
    LW_TRY(lwi_member_bool(root, "return_documents", &r->with_texts));
    if (r->top > documents->size) r->top = documents->size;
    v->options = r;
    LW_TRY(lwi_vectors_make(v, documents->size));
    for (size_t i = 0; i < documents->size; i++)
        LW_TRY(read_document(v, query, &documents->items[i], i));
    return LW_OK;
}

void lwi_api_rerank(lwi_exchange *x) { lwi_vectors_begin(x, read_request, answer); }
