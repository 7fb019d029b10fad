/* SPDX-License-Identifier: MIT */
#include "run/packed_weights.h"

#include "graph/align.h"

#include <string.h>

/* Once a model's forms fill a huge page, those to come share blocks that are large enough for such
 * pages (base/memory.c), each about as large as all before it, so that little is left unused. */
enum { FIRST = 2 << 20, LEAST_CHUNK = 4 << 20, LARGEST_CHUNK = 32 << 20, MOST_IN_CHUNK = 3 << 20 };

struct lwi_weight_chunk {
    lwi_weight_chunk *next;
    size_t size, used; /* bytes from the start, multiples of LWI_ALIGN */
};

void lwi_weights_init(lwi_weights *w, const lw_allocator *allocator) {
    *w = (lwi_weights){.allocator = *allocator};
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->made, NULL);
}

static void free_weight(const lwi_weights *w, lwi_weight *weight) {
    if (weight->own) lwi_free(&w->allocator, weight->packed);
    lwi_free(&w->allocator, weight);
}

void lwi_weights_free(lwi_weights *w) {
    for (size_t b = 0; b < LWI_WEIGHT_BUCKETS; b++)
        while (w->buckets[b]) {
            lwi_weight *weight = w->buckets[b];
            w->buckets[b] = weight->next;
            free_weight(w, weight);
        }
    while (w->chunks) {
        lwi_weight_chunk *c = w->chunks;
        w->chunks = c->next;
        lwi_free(&w->allocator, c);
    }
    pthread_cond_destroy(&w->made);
    pthread_mutex_destroy(&w->lock);
}

bool lwi_weights_are_none(const lwi_weights *weights) {
    lwi_weights *w = (lwi_weights *)weights; /* locking changes nothing that is seen */
    pthread_mutex_lock(&w->lock);
    const bool none = w->bytes == 0;
    pthread_mutex_unlock(&w->lock);
    return none;
}

/* ------------------------------------------------------------------ memory */

/* A whole number of the form that it is made for, as a network mostly has more of the same size. */
static size_t size_of_chunk(const lwi_weights *w, size_t bytes) {
    size_t size = LEAST_CHUNK;
    while (size < LARGEST_CHUNK && size < w->bytes)
        size *= 2;
    return LWI_ALIGN + (size - LWI_ALIGN) / bytes * bytes;
}

static lw_status take_from_chunk(lwi_weights *w, size_t bytes, void **block) {
    lwi_weight_chunk *chunk = w->chunks;
    while (chunk && chunk->size - chunk->used < bytes)
        chunk = chunk->next;
    if (!chunk) {
        const size_t size = size_of_chunk(w, bytes);
        LW_TRY(lwi_alloc(&w->allocator, size, (void **)&chunk));
        *chunk = (lwi_weight_chunk){w->chunks, size, LWI_ALIGN};
        w->chunks = chunk;
    }
    *block = (char *)chunk + chunk->used;
    chunk->used += bytes;
    return LW_OK;
}

static lw_status take_memory(lwi_weights *w, lwi_weight *weight) {
    const size_t bytes = weight->bytes;
    w->bytes += bytes <= MOST_IN_CHUNK ? bytes : 0;
    weight->own = w->bytes < FIRST || bytes > MOST_IN_CHUNK;
    if (weight->own) return lwi_alloc(&w->allocator, bytes, &weight->packed);
    return take_from_chunk(w, (bytes + LWI_ALIGN - 1) / LWI_ALIGN * LWI_ALIGN, &weight->packed);
}

/* -------------------------------------------------------------------- list */

static lwi_weight **bucket(lwi_weights *w, const void *source) {
    return &w->buckets[((uintptr_t)source * UINT64_C(0x9e3779b97f4a7c15)) >> 56];
}

static const void *source_of(const lw_value *value) {
    return value->origin ? value->origin : value->data;
}

static bool is_it(const lwi_weight *w, const lw_value *value, const lwi_packing *p) {
    return w->source == source_of(value) && w->variant == p->variant && w->bytes == p->bytes &&
           w->level == p->level && w->rank == value->rank &&
           !memcmp(w->dims, value->dims, (size_t)w->rank * sizeof *w->dims) &&
           !strcmp(w->form, p->form);
}

static lwi_weight *find(lwi_weights *w, const lw_value *value, const lwi_packing *p) {
    lwi_weight *weight = *bucket(w, source_of(value));
    while (weight && !is_it(weight, value, p))
        weight = weight->next;
    return weight;
}

static void describe(lwi_weight *weight, const lw_value *value, const lwi_packing *p) {
    *weight = (lwi_weight){.source = source_of(value),
                           .rank = value->rank,
                           .level = p->level,
                           .form = p->form,
                           .variant = p->variant,
                           .bytes = p->bytes,
                           .keeps = p->shown != LW_DTYPE_NONE};
    memcpy(weight->dims, value->dims, sizeof weight->dims);
}

static lw_status add(lwi_weights *w, const lw_value *value, const lwi_packing *p,
                     lwi_weight **added) {
    lwi_weight *weight = NULL;
    LW_TRY(lwi_alloc_array(&w->allocator, 1, sizeof *weight, &weight));
    describe(weight, value, p);
    lwi_weight **first = bucket(w, weight->source);
    weight->next = *first;
    *first = weight;
    *added = weight;
    return LW_OK;
}

static void take_out(lwi_weights *w, lwi_weight *weight) {
    lwi_weight **link = bucket(w, weight->source);
    while (*link != weight)
        link = &(*link)->next;
    *link = weight->next;
    free_weight(w, weight);
}

/* The one that is ready, or a new one that the caller has to make. */
static lw_status find_or_add(lwi_weights *w, const lw_value *value, const lwi_packing *p,
                             lwi_weight **weight, bool *is_new) {
    lw_status status = LW_OK;
    pthread_mutex_lock(&w->lock);
    while ((*weight = find(w, value, p)) && !(*weight)->ready)
        pthread_cond_wait(&w->made, &w->lock);
    *is_new = !*weight;
    if (*is_new) status = add(w, value, p, weight);
    pthread_mutex_unlock(&w->lock);
    return status;
}

/* ----------------------------------------------------------------- packing */

static void show(const lw_value *value, lw_value *shown) {
    if (shown->dtype == value->dtype) memcpy(shown->data, value->data, value->bytes);
    else if (shown->dtype == LW_FLOAT32)
        lwi_widen(value->dtype, value->data, 0, value->count, shown->data);
    else lwi_unpack(value->dtype, value->data, value->count, shown->data);
}

lw_status lwi_weights_pack(const lw_allocator *allocator, const lw_value *value,
                           const lwi_packing *p, void *to) {
    const bool as_it_is = p->shown == value->dtype && (p->anywhere || lwi_is_aligned(value));
    if (!p->shown || as_it_is) return p->pack(p->arg, value, to);
    lw_value shown;
    void *data = NULL;
    LW_TRY(lwi_tensor_init(&shown, p->shown, value->rank, value->dims, NULL));
    LW_TRY(lwi_alloc(allocator, shown.bytes, &data));
    shown.data = data;
    show(value, &shown);
    const lw_status status = p->pack(p->arg, &shown, to);
    lwi_free(allocator, data);
    return status;
}

static lw_status make(lwi_weights *w, const lw_value *value, const lwi_packing *p,
                      lwi_weight *weight) {
    const void *stored = w->find ? w->find(w->stored, value, weight) : NULL;
    if (stored) {
        weight->packed = (void *)stored; /* only ever read */
        weight->stored = true;
        return LW_OK;
    }
    pthread_mutex_lock(&w->lock);
    const lw_status status = take_memory(w, weight);
    pthread_mutex_unlock(&w->lock);
    LW_TRY(status);
    return lwi_weights_pack(&w->allocator, value, p, weight->packed);
}

lw_status lwi_weights_get(lwi_weights *w, const lw_value *value, const lwi_packing *p,
                          const void **packed, bool *made) {
    lwi_weight *weight = NULL;
    LW_TRY(find_or_add(w, value, p, &weight, made));
    if (!*made) {
        *packed = weight->packed;
        return LW_OK;
    }
    const lw_status status = make(w, value, p, weight);
    pthread_mutex_lock(&w->lock);
    weight->ready = status == LW_OK;
    *made = !weight->stored;
    if (weight->ready && !weight->stored && weight->keeps) w->n_new++;
    if (status == LW_OK) *packed = weight->packed;
    else take_out(w, weight);
    pthread_cond_broadcast(&w->made);
    pthread_mutex_unlock(&w->lock);
    return status;
}
