/* SPDX-License-Identifier: MIT */
#include "serve/counters.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "serve/exchange.h"
#include "serve/scheduler.h"

static const double bounds[LWI_TIME_BUCKETS] = {0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                0.5,   1,     2.5,  5,     10,   30,  60};

void lwi_counters_init(lwi_counters *c) {
    *c = (lwi_counters){0};
    pthread_mutex_init(&c->lock, NULL);
}

void lwi_counters_destroy(lwi_counters *c) { pthread_mutex_destroy(&c->lock); }

static void note(lwi_histogram *h, double seconds) {
    size_t i = 0;
    while (i < LWI_TIME_BUCKETS && seconds > bounds[i])
        i++;
    h->buckets[i]++;
    h->sum += seconds;
}

void lwi_count_request(lwi_counters *c, int code, double seconds, bool lost) {
    const int class = code / 100;
    pthread_mutex_lock(&c->lock);
    c->requests[class > 0 && class < LWI_CODE_CLASSES ? class : 0]++;
    c->lost += lost;
    note(&c->request_seconds, seconds);
    pthread_mutex_unlock(&c->lock);
}

void lwi_count_job(lwi_counters *c, const lwi_job *job) {
    const double started = job->started > 0 ? job->started : lwi_serve_clock();
    pthread_mutex_lock(&c->lock);
    c->prompt_tokens += job->n_tokens;
    c->reused_tokens += job->reused;
    c->generated_tokens += job->generated;
    note(&c->queue_seconds, started - job->queued);
    if (job->generated) note(&c->first_token_seconds, job->first - job->queued);
    pthread_mutex_unlock(&c->lock);
}

void lwi_count_inference(lwi_counters *c) {
    pthread_mutex_lock(&c->lock);
    c->inferences++;
    pthread_mutex_unlock(&c->lock);
}

/* ------------------------------------------------------------------- printing */

static lw_status print(lwi_buffer *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static lw_status print(lwi_buffer *text, const char *format, ...) {
    char line[512];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    return lwi_buffer_text(text, line);
}

lw_status lwi_print_metric(lwi_buffer *text, const char *name, const char *type, const char *labels,
                           double value) {
    if (type) LW_TRY(print(text, "# TYPE %s %s\n", name, type));
    return print(text, "%s%s %.15g\n", name, labels, value);
}

static lw_status print_histogram(lwi_buffer *text, const char *name, const lwi_histogram *h) {
    uint64_t sum = 0;
    LW_TRY(print(text, "# TYPE %s histogram\n", name));
    for (size_t i = 0; i < LWI_TIME_BUCKETS; i++) {
        sum += h->buckets[i];
        LW_TRY(print(text, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name, bounds[i], sum));
    }
    sum += h->buckets[LWI_TIME_BUCKETS];
    LW_TRY(print(text, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, sum));
    LW_TRY(print(text, "%s_sum %.15g\n", name, h->sum));
    return print(text, "%s_count %" PRIu64 "\n", name, sum);
}

static lw_status print_requests(const lwi_counters *c, lwi_buffer *text) {
    LW_TRY(print(text, "# TYPE lampwick_requests_total counter\n"));
    for (int i = 1; i < LWI_CODE_CLASSES; i++)
        LW_TRY(
            print(text, "lampwick_requests_total{code=\"%dxx\"} %" PRIu64 "\n", i, c->requests[i]));
    return LW_OK;
}

static lw_status print_all(const lwi_counters *c, lwi_buffer *text) {
    const struct {
        const char *name;
        uint64_t value;
    } counts[] = {
        {"lampwick_clients_lost_total", c->lost},
        {"lampwick_prompt_tokens_total", c->prompt_tokens},
        {"lampwick_reused_tokens_total", c->reused_tokens},
        {"lampwick_generated_tokens_total", c->generated_tokens},
        {"lampwick_inferences_total", c->inferences},
    };
    LW_TRY(print_requests(c, text));
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        LW_TRY(lwi_print_metric(text, counts[i].name, "counter", "", (double)counts[i].value));
    LW_TRY(print_histogram(text, "lampwick_request_seconds", &c->request_seconds));
    LW_TRY(print_histogram(text, "lampwick_queue_seconds", &c->queue_seconds));
    return print_histogram(text, "lampwick_first_token_seconds", &c->first_token_seconds);
}

lw_status lwi_counters_print(lwi_counters *c, lwi_buffer *text) {
    pthread_mutex_lock(&c->lock);
    const lw_status status = print_all(c, text);
    pthread_mutex_unlock(&c->lock);
    return status;
}
