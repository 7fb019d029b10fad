/* SPDX-License-Identifier: MIT */
#include "text/byte_trie.h"

lw_status lwi_byte_trie_init(lwi_byte_trie *trie, const lw_allocator *allocator) {
    enum { FIRST_EDGES = 64 };
    *trie = (lwi_byte_trie){.allocator = *allocator, .mask = FIRST_EDGES - 1, .nodes = 1};
    return lwi_alloc_array(allocator, FIRST_EDGES, sizeof *trie->edges, &trie->edges);
}

void lwi_byte_trie_free(lwi_byte_trie *trie) {
    if (!trie->edges) return;
    lwi_free(&trie->allocator, trie->edges);
    *trie = (lwi_byte_trie){0};
}

/* The edge, or the free place where it belongs. */
static lwi_trie_edge *place(lwi_trie_edge *edges, size_t mask, uint64_t key) {
    size_t i = lwi_trie_place(key) & mask;
    while (edges[i].key && edges[i].key != key)
        i = (i + 1) & mask;
    return edges + i;
}

static lw_status widen(lwi_byte_trie *trie) {
    const size_t n = trie->mask + 1;
    lwi_trie_edge *edges = NULL;
    LW_TRY(lwi_alloc_array(&trie->allocator, n * 2, sizeof *edges, &edges));
    for (size_t i = 0; i < n; i++)
        if (trie->edges[i].key) *place(edges, n * 2 - 1, trie->edges[i].key) = trie->edges[i];
    lwi_free(&trie->allocator, trie->edges);
    trie->edges = edges;
    trie->mask = n * 2 - 1;
    return LW_OK;
}

/* The edge from the node, which is made if it is not there. */
static lw_status edge_to(lwi_byte_trie *trie, uint32_t node, char byte, lwi_trie_edge **edge) {
    const uint64_t key = ((uint64_t)node << 8 | (uint8_t)byte) + 1;
    *edge = place(trie->edges, trie->mask, key);
    if ((*edge)->key) return LW_OK;
    if (trie->nodes >= LWI_TRIE_NONE) return lwi_fail(LW_LIMIT, "tokenizer: too many tokens");
    if (trie->nodes * 2 > trie->mask) {
        LW_TRY(widen(trie));
        *edge = place(trie->edges, trie->mask, key);
    }
    **edge = (lwi_trie_edge){key, (uint32_t)trie->nodes++, -1};
    return LW_OK;
}

lw_status lwi_byte_trie_add(lwi_byte_trie *trie, const char *data, size_t size, int32_t value) {
    uint32_t node = 0;
    lwi_trie_edge *edge = NULL;
    for (size_t i = 0; i < size; i++) {
        LW_TRY(edge_to(trie, node, data[i], &edge));
        node = edge->child;
    }
    if (edge) edge->value = value;
    return LW_OK;
}

int32_t lwi_byte_trie_longest(const lwi_byte_trie *trie, const char *data, size_t size,
                              size_t *length) {
    int32_t best = -1, value = -1;
    uint32_t node = 0;
    for (size_t i = 0; i < size; i++) {
        node = lwi_byte_trie_step(trie, node, data[i], &value);
        if (node == LWI_TRIE_NONE) break;
        if (value < 0) continue;
        best = value;
        *length = i + 1;
    }
    return best;
}
