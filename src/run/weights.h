/* SPDX-License-Identifier: MIT
 * The packed forms of a model's constants: each is made once, by the first who asks, and shared by
 * all contexts until the model is freed. */
#ifndef LWI_WEIGHTS_H
#define LWI_WEIGHTS_H

#include "ops/op.h"

#include <pthread.h>

enum { LWI_WEIGHT_BUCKETS = 256 };

typedef struct lwi_weight lwi_weight;
typedef struct lwi_weight_chunk lwi_weight_chunk;
typedef struct lwi_weights {
    lw_allocator allocator;
    pthread_mutex_t lock; /* guards the lists */
    pthread_cond_t made;  /* one is ready or was given up */
    lwi_weight *buckets[LWI_WEIGHT_BUCKETS];
    lwi_weight_chunk *chunks; /* memory for many forms each */
    size_t bytes;             /* of all forms */
} lwi_weights;

void lwi_weights_init(lwi_weights *weights, const lw_allocator *allocator);
void lwi_weights_free(lwi_weights *weights);
/* The packed form of a constant. Threads that want the same one wait for the first. *made tells
 * whether this call has made it. */
lw_status lwi_weights_get(lwi_weights *weights, const lw_value *value, const lwi_packing *packing,
                          const void **packed, bool *made);
/* Calls packing->pack with the value as it wants to see it: aligned, with elements of the type
 * `shown`. */
lw_status lwi_weights_pack(const lw_allocator *allocator, const lw_value *value,
                           const lwi_packing *packing, void *to);

#endif
