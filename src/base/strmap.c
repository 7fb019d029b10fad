/* SPDX-License-Identifier: MIT */
#include "base/strmap.h"

#include <string.h>

/* FNV-1a, 64 bits */
static uint64_t hash_of(const char *key) {
    uint64_t h = 0xcbf29ce484222325u;
    for (; *key; key++)
        h = (h ^ (unsigned char)*key) * 0x100000001b3u;
    return h;
}

void lwi_strmap_init(lwi_strmap *map, const lw_allocator *allocator) {
    *map = (lwi_strmap){.allocator = *allocator};
}

void lwi_strmap_free(lwi_strmap *map) {
    lwi_free(&map->allocator, map->slots);
    map->slots = NULL;
    map->capacity = map->count = 0;
}

/* The slot that holds the key, or the empty one where it belongs. */
static lwi_strmap_slot *find(const lwi_strmap *map, const char *key, uint64_t hash) {
    for (size_t i = hash & (map->capacity - 1);; i = (i + 1) & (map->capacity - 1)) {
        lwi_strmap_slot *s = &map->slots[i];
        if (!s->key || (s->hash == hash && !strcmp(s->key, key))) return s;
    }
}

int lwi_strmap_get(const lwi_strmap *map, const char *key) {
    if (map->capacity == 0) return -1;
    const lwi_strmap_slot *s = find(map, key, hash_of(key));
    return s->key ? s->value : -1;
}

static lw_status enlarge(lwi_strmap *map) {
    lwi_strmap bigger = {.allocator = map->allocator};
    bigger.capacity = map->capacity ? map->capacity * 2 : 32;
    LW_TRY(lwi_alloc_array(&map->allocator, bigger.capacity, sizeof *map->slots, &bigger.slots));
    for (size_t i = 0; i < map->capacity; i++)
        if (map->slots[i].key)
            *find(&bigger, map->slots[i].key, map->slots[i].hash) = map->slots[i];
    bigger.count = map->count;
    lwi_free(&map->allocator, map->slots);
    *map = bigger;
    return LW_OK;
}

lw_status lwi_strmap_set(lwi_strmap *map, const char *key, int value) {
    if (map->count * 2 >= map->capacity) LW_TRY(enlarge(map));
    const uint64_t hash = hash_of(key);
    lwi_strmap_slot *s = find(map, key, hash);
    if (!s->key) map->count++;
    *s = (lwi_strmap_slot){key, hash, value};
    return LW_OK;
}
