/* SPDX-License-Identifier: MIT
 * What the server counts, for GET /metrics (Prometheus text format 0.0.4). */
#ifndef LWI_COUNTERS_H
#define LWI_COUNTERS_H

#include <pthread.h>

#include "base/byte_buffer.h"

enum { LWI_TIME_BUCKETS = 14, LWI_CODE_CLASSES = 6 };

typedef struct lwi_histogram {
    uint64_t buckets[LWI_TIME_BUCKETS + 1]; /* the last one: above all bounds */
    double sum;
} lwi_histogram;

typedef struct lwi_counters {
    pthread_mutex_t lock;                /* guards what follows */
    uint64_t requests[LWI_CODE_CLASSES]; /* by the hundreds of their HTTP status */
    uint64_t lost;                       /* clients that went before their answer was complete */
    uint64_t prompt_tokens, reused_tokens, generated_tokens, inferences;
    lwi_histogram request_seconds, first_token_seconds, queue_seconds;
} lwi_counters;

void lwi_counters_init(lwi_counters *counters);
void lwi_counters_destroy(lwi_counters *counters);
void lwi_count_request(lwi_counters *counters, int code, double seconds, bool lost);
struct lwi_job;
/* A generation or an embedding that has ended. */
void lwi_count_job(lwi_counters *counters, const struct lwi_job *job);
void lwi_count_inference(lwi_counters *counters);
lw_status lwi_counters_print(lwi_counters *counters, lwi_buffer *text);
/* "# TYPE" and one line; labels "" or "{...}". */
lw_status lwi_print_metric(lwi_buffer *text, const char *name, const char *type, const char *labels,
                           double value);

#endif
