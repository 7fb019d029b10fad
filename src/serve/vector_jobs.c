/* SPDX-License-Identifier: MIT */
#include "serve/vector_jobs.h"

#include <stdio.h>
#include <string.h>

#include "serve/completion.h"
#include "serve/http_error.h"
#include "serve/server.h"

static void free_all(lwi_vectors *v) {
    lwi_exchange_leave(v->exchange);
    lwi_arena_free(&v->arena);
    lwi_free(&lwi_malloc_allocator, v);
}

/* ----------------------------------------------------- in the scheduler's thread */

static void embedded(lwi_job *job, const float *values) {
    const lwi_vector *item = job->user;
    memcpy(item->data, values, item->all->model->width * sizeof *values);
}

static void ended(lwi_job *job, lw_status status) {
    lwi_vectors *v = ((lwi_vector *)job->user)->all;
    if (status != LW_OK && v->status == LW_OK) {
        v->status = status;
        snprintf(v->error, sizeof v->error, "%s",
                 status == LW_CANCELLED ? "the request was cancelled" : lw_last_error());
    }
    lwi_count_job(&v->exchange->server->counters, job);
    if (--v->left) return;
    lwi_exchange_unguard(v->exchange);
    if (v->status == LW_OK) v->answer(v);
    else lwi_refuse(v->exchange, lwi_status_code(v->status), NULL, "%s", v->error);
    free_all(v);
}

/* ---------------------------------------------------------------------- request */

static void abandon(void *work) {
    lwi_vectors *v = work;
    for (size_t i = 0; i < v->n; i++)
        lwi_scheduler_cancel(v->model->scheduler, &v->items[i].job);
}

lw_status lwi_vectors_make(lwi_vectors *v, size_t n) {
    v->n = v->left = n;
    return lwi_arena_alloc(&v->arena, n, sizeof *v->items, &v->items);
}

lw_status lwi_vectors_set(lwi_vectors *v, size_t i, const int32_t *tokens, size_t n,
                          size_t second) {
    lwi_vector *item = v->items + i;
    if (n == 0) return lwi_fail(LW_INVALID, "an input has no tokens");
    if (n > v->model->context)
        return lwi_fail(LW_LIMIT, "an input has %zu tokens, the context of this model %zu", n,
                        v->model->context);
    LW_TRY(lwi_arena_alloc(&v->arena, v->model->width, sizeof *item->data, &item->data));
    item->all = v;
    item->job = (lwi_job){.tokens = tokens,
                          .n_tokens = n,
                          .second = second,
                          .sampling = {.size = sizeof(lw_sampling)},
                          .embedded = embedded,
                          .ended = ended,
                          .user = item};
    return LW_OK;
}

static lw_status start(lwi_vectors *v) {
    lwi_job **jobs = NULL;
    LW_TRY(lwi_arena_alloc(&v->arena, v->n, sizeof *jobs, &jobs));
    for (size_t i = 0; i < v->n; i++)
        jobs[i] = &v->items[i].job;
    lwi_exchange_guard(v->exchange, abandon, v);
    const lw_status status = lwi_scheduler_add(v->model->scheduler, jobs, v->n);
    if (status != LW_OK) lwi_exchange_unguard(v->exchange);
    return status;
}

static void refuse(lwi_vectors *v, lw_status status, bool busy) {
    if (status == LW_LIMIT)
        lwi_refuse(v->exchange, busy ? 503 : 400, busy ? "overloaded" : "context_length_exceeded",
                   "%s", lw_last_error());
    else lwi_refuse_status(v->exchange, status);
    free_all(v);
}

void lwi_vectors_begin(lwi_exchange *x,
                       lw_status (*read)(lwi_vectors *vectors, const lwi_json_item *root),
                       void (*answer)(lwi_vectors *vectors)) {
    lwi_vectors *v = NULL;
    if (lwi_alloc_array(&lwi_malloc_allocator, 1, sizeof *v, &v) != LW_OK) {
        lwi_refuse_status(x, LW_NO_MEMORY);
        return;
    }
    lwi_arena_init(&v->arena, &lwi_malloc_allocator);
    v->exchange = x;
    v->answer = answer;
    lwi_exchange_use(x);
    const lwi_json_item *root = lwi_body_object(x, &v->arena);
    if (root) v->model = lwi_language_model(x, root);
    if (!v->model) {
        free_all(v);
        return;
    }
    lw_status status = read(v, root);
    if (status != LW_OK) {
        refuse(v, status, false);
        return;
    }
    status = start(v);
    if (status != LW_OK) refuse(v, status, true);
}

void lwi_vectors_put_usage(const lwi_vectors *v, lwi_json_writer *json) {
    size_t tokens = 0;
    for (size_t i = 0; i < v->n; i++)
        tokens += v->items[i].job.n_tokens;
    lwi_put_key(json, "usage");
    lwi_put_open(json, '{');
    lwi_put_key_integer(json, "prompt_tokens", (int64_t)tokens);
    lwi_put_key_integer(json, "total_tokens", (int64_t)tokens);
    lwi_put_close(json, '}');
}
