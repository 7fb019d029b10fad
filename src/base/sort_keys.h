/* SPDX-License-Identifier: MIT
 * Sorting of numbered things by keys, in time that grows with their number alone. */
#ifndef LWI_SORT_KEYS_H
#define LWI_SORT_KEYS_H

#include <stddef.h>
#include <stdint.h>

typedef struct lwi_keyed {
    uint64_t key;
    uint64_t place;
} lwi_keyed;

/* Sorts by key, least first; items with equal keys keep their order. Keys are below
 * 256^key_bytes. spare has room for n items. */
void lwi_sort_keys(lwi_keyed *items, lwi_keyed *spare, size_t n, int key_bytes);

/* Numbers in the order of floats, where -0 is 0 and NaN comes last, as if it were the largest. */
static inline uint32_t lwi_key_of_float(float x) {
    union {
        float number;
        int32_t bits;
    } u = {x + 0.0f};
    const int32_t ordered = u.bits ^ (u.bits >> 31 & INT32_MAX);
    return (uint32_t)(x != x ? INT32_MAX : ordered) ^ 0x80000000u;
}

#endif
