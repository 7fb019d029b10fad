/* SPDX-License-Identifier: MIT
 * A tree of byte strings for finding all that begin at a place of a text. Edges are in one hash. */
#ifndef LWI_BYTE_TRIE_H
#define LWI_BYTE_TRIE_H

#include "base/memory.h"

typedef struct lwi_trie_edge {
    uint64_t key; /* node << 8 | byte, + 1; 0: free */
    uint32_t child;
    int32_t value; /* of the string that ends with this edge; -1: none */
} lwi_trie_edge;

typedef struct lwi_byte_trie {
    lw_allocator allocator;
    lwi_trie_edge *edges;
    size_t mask, nodes;
} lwi_byte_trie;

#define LWI_TRIE_NONE UINT32_MAX

lw_status lwi_byte_trie_init(lwi_byte_trie *trie, const lw_allocator *allocator);
void lwi_byte_trie_free(lwi_byte_trie *trie);
/* The last value of equal strings counts. */
lw_status lwi_byte_trie_add(lwi_byte_trie *trie, const char *data, size_t size, int32_t value);

static inline size_t lwi_trie_place(uint64_t key) {
    key *= UINT64_C(0x9fb21c651e98df25);
    return (size_t)(key ^ key >> 29);
}

/* The node after one more byte, and the value of the string so far; LWI_TRIE_NONE. */
static inline uint32_t lwi_byte_trie_step(const lwi_byte_trie *trie, uint32_t node, char byte,
                                          int32_t *value) {
    const uint64_t key = ((uint64_t)node << 8 | (uint8_t)byte) + 1;
    for (size_t i = lwi_trie_place(key) & trie->mask;; i = (i + 1) & trie->mask) {
        const lwi_trie_edge *edge = trie->edges + i;
        if (edge->key == key) {
            *value = edge->value;
            return edge->child;
        }
        if (!edge->key) return LWI_TRIE_NONE;
    }
}

/* The longest string at the beginning of the text; its value, or -1. */
int32_t lwi_byte_trie_longest(const lwi_byte_trie *trie, const char *data, size_t size,
                              size_t *length);

#endif
