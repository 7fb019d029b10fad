/* SPDX-License-Identifier: MIT */
#include "run/weight_cache.h"

#include "base/file_writer.h"
#include "base/hash.h"

#include <string.h>
#include <time.h>

/* Entries of the new file and where their packed forms are now. */
typedef struct list {
    lw_allocator allocator;
    lwi_cache_entry *entries;
    const void **packed;
    size_t n, cap_entries, cap_packed;
} list;

static lw_status add(list *l, const lwi_cache_entry *entry, const void *packed) {
    LW_TRY(lwi_grow(&l->allocator, &l->entries, &l->cap_entries, l->n + 1, sizeof *l->entries));
    LW_TRY(lwi_grow(&l->allocator, &l->packed, &l->cap_packed, l->n + 1, sizeof *l->packed));
    l->entries[l->n] = *entry;
    l->packed[l->n++] = packed;
    return LW_OK;
}

static lw_status add_weights(list *l, const lwi_network *network, const lwi_weights *weights) {
    lwi_cache_entry entry;
    for (size_t b = 0; b < LWI_WEIGHT_BUCKETS; b++)
        for (const lwi_weight *w = weights->buckets[b]; w; w = w->next)
            if (lwi_cache_entry_make(network, w, &entry)) LW_TRY(add(l, &entry, w->packed));
    return LW_OK;
}

static lw_status add_old(list *l, const lwi_weight_cache *cache) {
    const size_t n = l->n;
    for (size_t i = 0; i < cache->n_entries; i++) {
        const lwi_cache_entry *old = &cache->entries[i];
        size_t k = 0;
        while (k < n && !lwi_cache_entry_is(&l->entries[k], old))
            k++;
        if (k == n) LW_TRY(add(l, old, cache->file.data + old->at));
    }
    return LW_OK;
}

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Places and hashes. */
static void finish(list *l, lwi_cache_head *head) {
    uint64_t at = sizeof *head + l->n * sizeof *l->entries;
    for (size_t i = 0; i < l->n; i++) {
        lwi_cache_entry *e = &l->entries[i];
        at = (at + LWI_ALIGN - 1) / LWI_ALIGN * LWI_ALIGN;
        e->at = at;
        e->hash = lwi_hash(at, l->packed[i], (size_t)e->bytes);
        at += e->bytes;
    }
    head->written = now();
    head->n_entries = l->n;
    head->size = at;
    head->hash = lwi_hash(lwi_hash(0, head, sizeof *head), l->entries, l->n * sizeof *l->entries);
}

static lw_status write_all(const list *l, const lwi_cache_head *head, lwi_file_writer *w) {
    LW_TRY(lwi_file_writer_add(w, head, sizeof *head));
    LW_TRY(lwi_file_writer_add(w, l->entries, l->n * sizeof *l->entries));
    for (size_t i = 0; i < l->n; i++) {
        LW_TRY(lwi_file_writer_pad(w, LWI_ALIGN));
        LW_TRY(lwi_file_writer_add(w, l->packed[i], (size_t)l->entries[i].bytes));
    }
    return lwi_file_writer_stamp(w, head->written);
}

lw_status lwi_weight_cache_write(const char *path, const lwi_weight_cache *cache,
                                 const lwi_weights *weights) {
    list l = {.allocator = weights->allocator};
    lwi_cache_head head = lwi_cache_head_make(cache);
    lwi_file_writer writer;
    lw_status status = add_weights(&l, cache->network, weights);
    if (status == LW_OK) status = add_old(&l, cache);
    if (status == LW_OK) {
        finish(&l, &head);
        status = lwi_file_writer_open(path, &writer);
        if (status == LW_OK) status = lwi_file_writer_close(&writer, write_all(&l, &head, &writer));
    }
    lwi_free(&l.allocator, l.entries);
    lwi_free(&l.allocator, l.packed);
    return status;
}
