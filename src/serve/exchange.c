/* SPDX-License-Identifier: MIT */
#include "serve/exchange.h"

#include <time.h>

double lwi_serve_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* --------------------------------------------------------------------- life */

lw_status lwi_exchange_new(struct lwi_server *server, lwi_exchange **exchange) {
    lwi_exchange *x = NULL;
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, 1, sizeof *x, &x));
    if (pthread_mutex_init(&x->lock, NULL) != 0) {
        lwi_free(&lwi_malloc_allocator, x);
        return lwi_fail(LW_NO_MEMORY, "out of memory: a lock");
    }
    x->server = server;
    x->body = x->out = lwi_buffer_new(&lwi_malloc_allocator);
    x->users = 1;
    x->began = lwi_serve_clock();
    *exchange = x;
    return LW_OK;
}

void lwi_exchange_use(lwi_exchange *x) {
    pthread_mutex_lock(&x->lock);
    x->users++;
    pthread_mutex_unlock(&x->lock);
}

void lwi_exchange_leave(lwi_exchange *x) {
    pthread_mutex_lock(&x->lock);
    const bool last = --x->users == 0;
    pthread_mutex_unlock(&x->lock);
    if (!last) return;
    pthread_mutex_destroy(&x->lock);
    lwi_buffer_free(&x->body);
    lwi_buffer_free(&x->out);
    lwi_free(&lwi_malloc_allocator, x);
}

/* ------------------------------------------------------------- lost clients */

/* The lock is held. A connection that is asleep cannot end, so it is there. */
static void wake(lwi_exchange *x) {
    if (!x->asleep) return;
    x->asleep = false;
    if (x->wake) x->wake(x->connection);
}

void lwi_exchange_lose(lwi_exchange *x) {
    pthread_mutex_lock(&x->lock);
    if (!x->gone && x->abandon) x->abandon(x->work);
    x->gone = x->complete = true;
    if (!x->code) x->code = 503;
    wake(x);
    pthread_mutex_unlock(&x->lock);
}

bool lwi_exchange_lost(lwi_exchange *x) {
    pthread_mutex_lock(&x->lock);
    const bool gone = x->gone;
    pthread_mutex_unlock(&x->lock);
    return gone;
}

bool lwi_exchange_answered(lwi_exchange *x) {
    pthread_mutex_lock(&x->lock);
    const bool answered = x->code != 0;
    pthread_mutex_unlock(&x->lock);
    return answered;
}

void lwi_exchange_guard(lwi_exchange *x, void (*abandon)(void *work), void *work) {
    pthread_mutex_lock(&x->lock);
    x->abandon = abandon;
    x->work = work;
    if (x->gone) abandon(work);
    pthread_mutex_unlock(&x->lock);
}

void lwi_exchange_unguard(lwi_exchange *x) {
    pthread_mutex_lock(&x->lock);
    x->abandon = NULL;
    pthread_mutex_unlock(&x->lock);
}

/* ------------------------------------------------------------------ answers */

void lwi_answer(lwi_exchange *x, int code, const char *type, lwi_buffer *bytes) {
    pthread_mutex_lock(&x->lock);
    if (!x->code) {
        x->code = code;
        x->type = type;
        x->complete = true;
        lwi_buffer_free(&x->out);
        x->out = *bytes;
        *bytes = lwi_buffer_new(&lwi_malloc_allocator);
        wake(x);
    }
    pthread_mutex_unlock(&x->lock);
    lwi_buffer_free(bytes);
}

void lwi_answer_json(lwi_exchange *x, int code, lwi_json_writer *json) {
    const bool good = json->status == LW_OK;
    if (!good) lwi_json_writer_free(json);
    lwi_answer(x, good ? code : 503, good ? "application/json" : "text/plain", &json->text);
}

void lwi_stream_open(lwi_exchange *x) {
    pthread_mutex_lock(&x->lock);
    if (!x->code) {
        x->code = 200;
        x->type = "text/event-stream";
        x->stream = true;
        wake(x);
    }
    pthread_mutex_unlock(&x->lock);
}

/* An event that finds no memory is lost, and the answer ends with it. */
void lwi_stream_event(lwi_exchange *x, const char *data, size_t size) {
    pthread_mutex_lock(&x->lock);
    if (!x->gone && !x->complete) {
        lw_status status = lwi_buffer_text(&x->out, "data: ");
        if (status == LW_OK) status = lwi_buffer_put(&x->out, data, size);
        if (status == LW_OK) status = lwi_buffer_text(&x->out, "\n\n");
        if (status != LW_OK) x->complete = true;
    }
    wake(x);
    pthread_mutex_unlock(&x->lock);
}

void lwi_stream_close(lwi_exchange *x) {
    pthread_mutex_lock(&x->lock);
    x->complete = true;
    wake(x);
    pthread_mutex_unlock(&x->lock);
}
