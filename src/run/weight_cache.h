/* SPDX-License-Identifier: MIT
 * A file that keeps packed weights from one process to the next (lw_model_options.cache_path). It
 * belongs to one model: a file for another one, of another version, or a damaged one is as good as
 * none, and is written anew. Packed forms hold numbers only, so that a wrong file makes wrong
 * results at worst.
 *
 * To hash the packed forms would take longer than all else, so the file says when it was written,
 * and is given that time as the one of its last change. Who writes to it later gives it another
 * one; then, as after copying it, what is read is hashed. */
#ifndef LWI_WEIGHT_CACHE_H
#define LWI_WEIGHT_CACHE_H

#include "graph/network.h"
#include "run/packed_weights.h"

#define LWI_NO_FILE UINT64_MAX
/* A packed form, as the file has it. */
typedef struct lwi_cache_entry {
    uint64_t file, offset; /* of the constant: which mapped file of the model, where in it; or
                              LWI_NO_FILE and a hash of its contents */
    int64_t dims[LW_MAX_RANK];
    uint64_t rank;
    char level[16], form[32]; /* padded with zeros */
    uint64_t variant;
    uint64_t bytes, at, hash; /* of the packed form: size, place in the cache file, its contents */
} lwi_cache_entry;

typedef struct lwi_weight_cache {
    const lwi_network *network;
    uint64_t model; /* what the model's files are known by */
    lwi_file file;
    const lwi_cache_entry *entries;
    size_t n_entries;
    bool untouched; /* since it was written */
} lwi_weight_cache;

/* Opens the file if it is there and fits; the cache is empty otherwise. */
void lwi_weight_cache_open(const char *path, const lwi_network *network, lwi_weight_cache *cache);
void lwi_weight_cache_close(lwi_weight_cache *cache);
/* NULL: not there, or not as it was written. Sets weight->content. */
const void *lwi_weight_cache_find(const lwi_weight_cache *cache, const lw_value *value,
                                  lwi_weight *weight);
/* Writes what weights hold and what the cache has beyond that (run/weight_cache_write.c). */
lw_status lwi_weight_cache_write(const char *path, const lwi_weight_cache *cache,
                                 const lwi_weights *weights);

/* What the entry of a packed form looks like, without its place and hash; false: it cannot be
 * kept. */
bool lwi_cache_entry_make(const lwi_network *network, const lwi_weight *weight,
                          lwi_cache_entry *entry);
bool lwi_cache_entry_is(const lwi_cache_entry *a, const lwi_cache_entry *b);

/* The head of the file; the entries follow. */
typedef struct lwi_cache_head {
    char magic[8];
    uint32_t version, order; /* of bytes */
    char library[16];
    uint64_t model, n_entries, size;
    int64_t written; /* when: nanoseconds since 1970 */
    uint64_t hash;   /* of the head, with 0 here, and the entries */
} lwi_cache_head;
/* A head without sizes and hash. */
lwi_cache_head lwi_cache_head_make(const lwi_weight_cache *cache);

#endif
