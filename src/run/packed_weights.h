/* SPDX-License-Identifier: MIT
 * The packed forms of a model's constants: each is made once, by the first who asks, and shared by
 * all contexts until the model is freed. */
#ifndef LWI_PACKED_WEIGHTS_H
#define LWI_PACKED_WEIGHTS_H

#include "ops/op.h"

#include <pthread.h>

enum { LWI_WEIGHT_BUCKETS = 256 };

/* The constant's address and shape, the level of the kernels, the form, the variant and the number
 * of bytes are the key. */
typedef struct lwi_weight {
    struct lwi_weight *next;
    const void *source;
    int rank;
    int64_t dims[LW_MAX_RANK];
    const void *level;
    const char *form;
    uint64_t variant;
    size_t bytes;
    void *packed;
    bool own; /* a block of its own, in no chunk */
    bool ready;
    bool stored;      /* packed lies in a file */
    bool keeps;       /* can be kept in one */
    uint64_t content; /* hash of a constant that lies in no file of the model */
} lwi_weight;

typedef struct lwi_weight_chunk lwi_weight_chunk;
typedef struct lwi_weights {
    lw_allocator allocator;
    /* Finds the packed form that need not be made again; sets weight->content. May be NULL. */
    const void *(*find)(const void *stored, const lw_value *value, lwi_weight *weight);
    const void *stored;
    size_t n_new;         /* packed here, and worth being stored */
    pthread_mutex_t lock; /* guards the lists */
    pthread_cond_t made;  /* one is ready or was given up */
    lwi_weight *buckets[LWI_WEIGHT_BUCKETS];
    lwi_weight_chunk *chunks; /* memory for many forms each */
    size_t bytes;             /* of all forms */
} lwi_weights;

void lwi_weights_init(lwi_weights *weights, const lw_allocator *allocator);
void lwi_weights_free(lwi_weights *weights);
bool lwi_weights_are_none(const lwi_weights *weights);
/* The packed form of a constant. Threads that want the same one wait for the first. *made tells
 * whether this call has made it. */
lw_status lwi_weights_get(lwi_weights *weights, const lw_value *value, const lwi_packing *packing,
                          const void **packed, bool *made);
/* Calls packing->pack with the value as it wants to see it: aligned, with elements of the type
 * `shown`. */
lw_status lwi_weights_pack(const lw_allocator *allocator, const lw_value *value,
                           const lwi_packing *packing, void *to);

#endif
