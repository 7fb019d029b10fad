/* SPDX-License-Identifier: MIT */
#include "text/bpe_merges.h"

/* The text as pieces have it, appended to memory, which has room. */
static lw_string piece_of(const lw_tokenizer *t, lw_string written, lwi_growing *memory) {
    lw_string piece = {memory->data + memory->size, 0};
    if (!t->bpe.bytes) return written;
    if (!lwi_from_alphabet(&t->alphabet, written, memory->data + memory->size, &piece.size))
        return written;
    memory->size += piece.size;
    return piece;
}

lw_status lwi_add_merge_pair(lw_tokenizer *t, lw_string left, lw_string right, uint32_t rank,
                             lwi_growing *memory, bool *known) {
    const size_t prefix = t->bpe.prefix.size;
    memory->size = 0;
    LW_TRY(lwi_growing_reserve(memory, 2 * (left.size + right.size)));
    left = piece_of(t, left, memory);
    right = piece_of(t, right, memory);
    /* Both together: the second one's prefix belongs to the place between words. */
    const size_t skip =
        prefix <= right.size && !memcmp(right.data, t->bpe.prefix.data, prefix) ? prefix : 0;
    char *both = memory->data + memory->size;
    memcpy(both, left.data, left.size);
    memcpy(both + left.size, right.data + skip, right.size - skip);
    lwi_merge merge = {.rank = rank};
    merge.left = lwi_vocabulary_find(&t->vocabulary, left.data, left.size);
    merge.right = lwi_vocabulary_find(&t->vocabulary, right.data, right.size);
    merge.id = lwi_vocabulary_find(&t->vocabulary, both, left.size + right.size - skip);
    *known = merge.left >= 0 && merge.right >= 0 && merge.id >= 0;
    if (*known) lwi_merge_table_add(&t->bpe.merges, merge);
    return LW_OK;
}

lw_status lwi_add_merge(lw_tokenizer *t, lw_string line, uint32_t rank, lwi_growing *memory,
                        bool *known) {
    const char *space = line.size > 1 ? memchr(line.data + 1, ' ', line.size - 1) : NULL;
    *known = false;
    if (!space) return LW_OK;
    const size_t n = (size_t)(space - line.data);
    return lwi_add_merge_pair(t, (lw_string){line.data, n},
                              (lw_string){space + 1, line.size - n - 1}, rank, memory, known);
}
