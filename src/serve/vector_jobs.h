/* SPDX-License-Identifier: MIT
 * Requests whose answer is made of vectors, one for each text: embeddings, or scores of pairs. */
#ifndef LWI_VECTOR_JOBS_H
#define LWI_VECTOR_JOBS_H

#include "serve/exchange.h"
#include "serve/members.h"
#include "serve/scheduler.h"
#include "serve/served.h"

typedef struct lwi_vectors lwi_vectors;
typedef struct lwi_vector {
    lwi_job job;
    lwi_vectors *all;
    float *data; /* [width of the model] */
} lwi_vector;

struct lwi_vectors {
    lwi_exchange *exchange;
    lwi_served *model;
    lwi_arena arena;
    lwi_vector *items;
    size_t n, left; /* left: touched by the scheduler's thread only */
    void (*answer)(lwi_vectors *vectors);
    void *options; /* of the request, in the arena */
    lw_status status;
    char error[512];
};

/* Reads the body, finds the model, calls `read` for the rest, and `answer` when all vectors are
 * there. */
void lwi_vectors_begin(lwi_exchange *exchange,
                       lw_status (*read)(lwi_vectors *vectors, const lwi_json_item *root),
                       void (*answer)(lwi_vectors *vectors));
/* For `read`: how many there will be, and the tokens of each. */
lw_status lwi_vectors_make(lwi_vectors *vectors, size_t n);
/* second: where the second of two texts begins; n: there is one only. */
lw_status lwi_vectors_set(lwi_vectors *vectors, size_t i, const int32_t *tokens, size_t n,
                          size_t second);
/* "usage": how many tokens they were. */
void lwi_vectors_put_usage(const lwi_vectors *vectors, lwi_json_writer *json);

#endif
