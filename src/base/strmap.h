/* SPDX-License-Identifier: MIT
 * A hash map from strings to small integers. Keys are borrowed. */
#ifndef LWI_STRMAP_H
#define LWI_STRMAP_H

#include "base/memory.h"

typedef struct lwi_strmap_slot {
    const char *key;
    uint64_t hash;
    int value;
} lwi_strmap_slot;

typedef struct lwi_strmap {
    lw_allocator allocator;
    lwi_strmap_slot *slots;
    size_t capacity, count;
} lwi_strmap;

void lwi_strmap_init(lwi_strmap *map, const lw_allocator *allocator);
void lwi_strmap_free(lwi_strmap *map);
/* -1 if absent. */
int lwi_strmap_get(const lwi_strmap *map, const char *key);
/* Adds or replaces. */
lw_status lwi_strmap_set(lwi_strmap *map, const char *key, int value);

#endif
