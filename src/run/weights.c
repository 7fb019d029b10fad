/* SPDX-License-Identifier: MIT */
#include "run/weights.h"

#include <string.h>

/* The constant's address and shape, the form, the variant and the number of bytes are the key. */
struct lwi_weight {
    lwi_weight *next;
    const void *source;
    int rank;
    int64_t dims[LW_MAX_RANK];
    const char *form;
    uint64_t variant;
    size_t bytes;
    void *packed;
    bool ready;
};

void lwi_weights_init(lwi_weights *w, const lw_allocator *allocator) {
    *w = (lwi_weights){.allocator = *allocator};
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->made, NULL);
}

static void free_weight(const lwi_weights *w, lwi_weight *weight) {
    lwi_free(&w->allocator, weight->packed);
    lwi_free(&w->allocator, weight);
}

void lwi_weights_free(lwi_weights *w) {
    for (size_t b = 0; b < LWI_WEIGHT_BUCKETS; b++)
        while (w->buckets[b]) {
            lwi_weight *weight = w->buckets[b];
            w->buckets[b] = weight->next;
            free_weight(w, weight);
        }
    pthread_cond_destroy(&w->made);
    pthread_mutex_destroy(&w->lock);
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
           w->rank == value->rank &&
           !memcmp(w->dims, value->dims, (size_t)w->rank * sizeof *w->dims) &&
           !strcmp(w->form, p->form);
}

static lwi_weight *find(lwi_weights *w, const lw_value *value, const lwi_packing *p) {
    lwi_weight *weight = *bucket(w, source_of(value));
    while (weight && !is_it(weight, value, p))
        weight = weight->next;
    return weight;
}

static lw_status add(lwi_weights *w, const lw_value *value, const lwi_packing *p,
                     lwi_weight **added) {
    lwi_weight *weight = NULL;
    LW_TRY(lwi_alloc_array(&w->allocator, 1, sizeof *weight, &weight));
    const lw_status status = lwi_alloc(&w->allocator, p->bytes, &weight->packed);
    if (status != LW_OK) {
        lwi_free(&w->allocator, weight);
        return status;
    }
    lwi_weight **first = bucket(w, source_of(value));
    weight->next = *first;
    weight->source = source_of(value);
    weight->rank = value->rank;
    memcpy(weight->dims, value->dims, sizeof weight->dims);
    weight->form = p->form;
    weight->variant = p->variant;
    weight->bytes = p->bytes;
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

static bool is_aligned(const lw_value *v) {
    return (uintptr_t)v->data % lwi_dtype_size(v->dtype) == 0;
}

static void show(const lw_value *value, lw_value *shown) {
    if (shown->dtype == value->dtype) memcpy(shown->data, value->data, value->bytes);
    else if (shown->dtype == LW_FLOAT32)
        lwi_widen(value->dtype, value->data, 0, value->count, shown->data);
    else lwi_unpack(value->dtype, value->data, value->count, shown->data);
}

lw_status lwi_weights_pack(const lw_allocator *allocator, const lw_value *value,
                           const lwi_packing *p, void *to) {
    const bool as_it_is = p->shown == value->dtype && (p->anywhere || is_aligned(value));
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

lw_status lwi_weights_get(lwi_weights *w, const lw_value *value, const lwi_packing *p,
                          const void **packed, bool *made) {
    lwi_weight *weight = NULL;
    LW_TRY(find_or_add(w, value, p, &weight, made));
    if (!*made) {
        *packed = weight->packed;
        return LW_OK;
    }
    const lw_status status = lwi_weights_pack(&w->allocator, value, p, weight->packed);
    pthread_mutex_lock(&w->lock);
    weight->ready = status == LW_OK;
    if (status == LW_OK) *packed = weight->packed;
    else take_out(w, weight);
    pthread_cond_broadcast(&w->made);
    pthread_mutex_unlock(&w->lock);
    return status;
}
