/* SPDX-License-Identifier: MIT */
#include "base/sort_keys.h"

#include <string.h>

enum {
    FEW = 32, /* that are sorted by insertion */
    DIGITS = 256,
    MOST_BYTES = 8
};

static void insert_each(lwi_keyed *items, size_t n) {
    for (size_t i = 1; i < n; i++) {
        const lwi_keyed moved = items[i];
        size_t k = i;
        for (; k > 0 && items[k - 1].key > moved.key; k--)
            items[k] = items[k - 1];
        items[k] = moved;
    }
}

static size_t digit(const lwi_keyed *item, int byte) { return item->key >> (8 * byte) & 255; }

/* From one place to the other by one byte of the keys; counts becomes where each digit goes. */
static void deal(const lwi_keyed *from, lwi_keyed *to, size_t n, int byte, size_t *counts) {
    size_t start = 0;
    for (size_t d = 0; d < DIGITS; d++) {
        const size_t count = counts[d];
        counts[d] = start;
        start += count;
    }
    for (size_t i = 0; i < n; i++)
        to[counts[digit(&from[i], byte)]++] = from[i];
}

void lwi_sort_keys(lwi_keyed *items, lwi_keyed *spare, size_t n, int key_bytes) {
    if (n <= FEW) {
        insert_each(items, n);
        return;
    }
    size_t counts[MOST_BYTES][DIGITS];
    memset(counts, 0, (size_t)key_bytes * sizeof counts[0]);
    for (size_t i = 0; i < n; i++)
        for (int b = 0; b < key_bytes; b++)
            counts[b][digit(&items[i], b)]++;
    lwi_keyed *from = items, *to = spare;
    for (int b = 0; b < key_bytes; b++) {
        if (counts[b][digit(&items[0], b)] == n) continue; /* all have the same digit */
        deal(from, to, n, b, counts[b]);
        lwi_keyed *const dealt = to;
        to = from;
        from = dealt;
    }
    if (from != items) memcpy(items, from, n * sizeof *items);
}
