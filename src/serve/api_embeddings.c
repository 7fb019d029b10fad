/* SPDX-License-Identifier: MIT
 * POST /v1/embeddings: texts as vectors, scaled to length 1. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "serve/base64_floats.h"
#include "serve/completion.h"
#include "serve/http_error.h"
#include "serve/members.h"
#include "serve/routes.h"
#include "serve/server.h"

enum { MOST_INPUTS = 2048 };

typedef struct embedding {
    lwi_job job;
    struct embeddings *all;
    float *vector;
} embedding;

typedef struct embeddings {
    lwi_exchange *exchange;
    lwi_served *model;
    lwi_arena arena;
    embedding *items;
    size_t n, left; /* left: touched by the scheduler's thread only */
    bool base64;
    lw_status status;
    char error[512];
} embeddings;

static void free_all(embeddings *e) {
    lwi_exchange_leave(e->exchange);
    lwi_arena_free(&e->arena);
    lwi_free(&lwi_malloc_allocator, e);
}

/* ----------------------------------------------------------------------- answer */

static void put_vector(lwi_json_writer *json, const embeddings *e, const embedding *item) {
    const size_t width = e->model->width;
    if (e->base64) {
        lwi_put_base64_floats(json, item->vector, width);
        return;
    }
    lwi_put_open(json, '[');
    for (size_t i = 0; i < width; i++)
        lwi_put_float(json, item->vector[i]);
    lwi_put_close(json, ']');
}

static void answer(embeddings *e) {
    size_t tokens = 0;
    lwi_json_writer json = lwi_json_writer_new(&lwi_malloc_allocator);
    lwi_put_open(&json, '{');
    lwi_put_key_text(&json, "object", "list");
    lwi_put_key(&json, "data");
    lwi_put_open(&json, '[');
    for (size_t i = 0; i < e->n; i++) {
        lwi_put_open(&json, '{');
        lwi_put_key_text(&json, "object", "embedding");
        lwi_put_key_integer(&json, "index", (int64_t)i);
        lwi_put_key(&json, "embedding");
        put_vector(&json, e, &e->items[i]);
        lwi_put_close(&json, '}');
        tokens += e->items[i].job.n_tokens;
    }
    lwi_put_close(&json, ']');
    lwi_put_key_text(&json, "model", e->model->name);
    lwi_put_key(&json, "usage");
    lwi_put_open(&json, '{');
    lwi_put_key_integer(&json, "prompt_tokens", (int64_t)tokens);
    lwi_put_key_integer(&json, "total_tokens", (int64_t)tokens);
    lwi_put_close(&json, '}');
    lwi_put_close(&json, '}');
    lwi_answer_json(e->exchange, 200, &json);
}

/* ----------------------------------------------------- in the scheduler's thread */

static void embedded(lwi_job *job, const float *values) {
    const embedding *item = job->user;
    const size_t width = item->all->model->width;
    double sum = 0;
    for (size_t i = 0; i < width; i++)
        sum += (double)values[i] * (double)values[i];
    const double scale = sum > 0 ? 1 / sqrt(sum) : 0;
    for (size_t i = 0; i < width; i++)
        item->vector[i] = (float)((double)values[i] * scale);
}

static void ended(lwi_job *job, lw_status status) {
    embeddings *e = ((embedding *)job->user)->all;
    if (status != LW_OK && e->status == LW_OK) {
        e->status = status;
        snprintf(e->error, sizeof e->error, "%s",
                 status == LW_CANCELLED ? "the request was cancelled" : lw_last_error());
    }
    lwi_count_job(&e->exchange->server->counters, job);
    if (--e->left) return;
    lwi_exchange_unguard(e->exchange);
    if (e->status == LW_OK) answer(e);
    else lwi_refuse(e->exchange, lwi_status_code(e->status), NULL, "%s", e->error);
    free_all(e);
}

/* ---------------------------------------------------------------------- request */

static void abandon(void *work) {
    embeddings *e = work;
    for (size_t i = 0; i < e->n; i++)
        lwi_scheduler_cancel(e->model->scheduler, &e->items[i].job);
}

static lw_status read_input(embeddings *e, const lwi_json_item *input, embedding *item) {
    const int32_t *tokens = NULL;
    size_t n = 0;
    if (input->kind == LWI_JSON_STRING)
        LW_TRY(lwi_served_encode(e->model, input->text, input->size, LW_ENCODE_ADD_SPECIAL,
                                 &e->arena, &tokens, &n));
    else if (input->kind == LWI_JSON_ARRAY)
        LW_TRY(lwi_item_tokens(input, "input", e->model->vocabulary, &e->arena, &tokens, &n));
    else return lwi_fail(LW_INVALID, "'input' is neither text nor tokens");
    if (n == 0) return lwi_fail(LW_INVALID, "an input has no tokens");
    if (n > e->model->context)
        return lwi_fail(LW_LIMIT, "an input has %zu tokens, the context of this model %zu", n,
                        e->model->context);
    LW_TRY(lwi_arena_alloc(&e->arena, e->model->width, sizeof *item->vector, &item->vector));
    item->all = e;
    item->job = (lwi_job){.tokens = tokens,
                          .n_tokens = n,
                          .sampling = {.size = sizeof(lw_sampling)},
                          .embedded = embedded,
                          .ended = ended,
                          .user = item};
    return LW_OK;
}

static lw_status read_options(embeddings *e, const lwi_json_item *root) {
    const char *format = "float";
    size_t dimensions = e->model->width;
    LW_TRY(lwi_member_text(root, "encoding_format", &format));
    LW_TRY(lwi_member_count(root, "dimensions", SIZE_MAX - 1, &dimensions));
    e->base64 = !strcmp(format, "base64");
    if (!e->base64 && strcmp(format, "float") != 0)
        return lwi_fail(LW_INVALID, "'encoding_format' is '%.40s': float or base64", format);
    if (dimensions != e->model->width)
        return lwi_fail(LW_UNSUPPORTED, "'dimensions' is %zu, the vectors of this model have %zu",
                        dimensions, e->model->width);
    return LW_OK;
}

static lw_status read_request(embeddings *e, const lwi_json_item *root) {
    const lwi_json_item *input = lwi_member(root, "input");
    if (!input) return lwi_fail(LW_INVALID, "'input' is missing");
    LW_TRY(read_options(e, root));
    const bool several =
        input->kind == LWI_JSON_ARRAY && input->size && input->items[0].kind != LWI_JSON_NUMBER;
    e->n = several ? input->size : 1;
    if (e->n > MOST_INPUTS)
        return lwi_fail(LW_INVALID, "'input' has %zu texts, more than %d", e->n, MOST_INPUTS);
    LW_TRY(lwi_arena_alloc(&e->arena, e->n, sizeof *e->items, &e->items));
    for (size_t i = 0; i < e->n; i++)
        LW_TRY(read_input(e, several ? &input->items[i] : input, &e->items[i]));
    e->left = e->n;
    return LW_OK;
}

static lw_status start(embeddings *e) {
    lwi_job **jobs = NULL;
    LW_TRY(lwi_arena_alloc(&e->arena, e->n, sizeof *jobs, &jobs));
    for (size_t i = 0; i < e->n; i++)
        jobs[i] = &e->items[i].job;
    lwi_exchange_guard(e->exchange, abandon, e);
    const lw_status status = lwi_scheduler_add(e->model->scheduler, jobs, e->n);
    if (status != LW_OK) lwi_exchange_unguard(e->exchange);
    return status;
}

static void refuse(embeddings *e, lw_status status, bool busy) {
    if (status == LW_LIMIT)
        lwi_refuse(e->exchange, busy ? 503 : 400, busy ? "overloaded" : "context_length_exceeded",
                   "%s", lw_last_error());
    else lwi_refuse_status(e->exchange, status);
    free_all(e);
}

void lwi_api_embeddings(lwi_exchange *x) {
    embeddings *e = NULL;
    if (lwi_alloc_array(&lwi_malloc_allocator, 1, sizeof *e, &e) != LW_OK) {
        lwi_refuse_status(x, LW_NO_MEMORY);
        return;
    }
    lwi_arena_init(&e->arena, &lwi_malloc_allocator);
    e->exchange = x;
    lwi_exchange_use(x);
    const lwi_json_item *root = lwi_body_object(x, &e->arena);
    if (root) e->model = lwi_language_model(x, root);
    if (!e->model) {
        free_all(e);
        return;
    }
    lw_status status = read_request(e, root);
    if (status != LW_OK) {
        refuse(e, status, false);
        return;
    }
    status = start(e);
    if (status != LW_OK) refuse(e, status, true);
}
