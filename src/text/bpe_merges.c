/* SPDX-License-Identifier: MIT */
#include "text/bpe_merges.h"

lw_status lwi_merges_begin(lwi_merge_reader *reader, lw_tokenizer *t, size_t count) {
    *reader = (lwi_merge_reader){.tokenizer = t};
    return lwi_merge_table_init(&t->bpe.merges, &t->arena, count);
}

static void resolve(lwi_merge_reader *reader) {
    lw_tokenizer *t = reader->tokenizer;
    lwi_merge merges[LWI_MERGES_AT_ONCE];
    size_t n = 0;
    for (size_t i = 0; i < reader->n; i++) {
        const lw_string left = reader->waiting[i].left, right = reader->waiting[i].right;
        const lw_string both = reader->waiting[i].both;
        const lwi_merge m = {.left = lwi_vocabulary_find(&t->vocabulary, left.data, left.size),
                             .right = lwi_vocabulary_find(&t->vocabulary, right.data, right.size),
                             .rank = reader->waiting[i].rank,
                             .id = lwi_vocabulary_find(&t->vocabulary, both.data, both.size)};
        if (m.left < 0 || m.right < 0 || m.id < 0) continue;
        lwi_merge_prefetch(&t->bpe.merges, m.left, m.right);
        merges[n++] = m;
    }
    for (size_t i = 0; i < n; i++)
        lwi_merge_table_add(&t->bpe.merges, merges[i]);
    reader->n = reader->memory.size = 0;
}

/* Room for a merge; texts that wait must not move. */
static lw_status make_room(lwi_merge_reader *reader, size_t bytes) {
    enum { CHUNK = 1 << 14 };
    if (reader->n < LWI_MERGES_AT_ONCE && reader->memory.capacity - reader->memory.size >= bytes)
        return LW_OK;
    resolve(reader);
    return lwi_growing_reserve(&reader->memory, bytes > CHUNK ? bytes : CHUNK);
}

/* The text as pieces have it. */
static lw_string piece_of(lwi_merge_reader *reader, lw_string written) {
    const lw_tokenizer *t = reader->tokenizer;
    char *to = reader->memory.data + reader->memory.size;
    size_t n = 0;
    if (!t->bpe.bytes || !lwi_from_alphabet(&t->alphabet, written, to, &n)) return written;
    reader->memory.size += n;
    return (lw_string){to, n};
}

/* Both together: the second one's prefix belongs to the place between words. */
static lw_string join(lwi_merge_reader *reader, lw_string left, lw_string right) {
    const lw_string prefix = reader->tokenizer->bpe.prefix;
    const bool has = prefix.size <= right.size && !memcmp(right.data, prefix.data, prefix.size);
    const size_t skip = has ? prefix.size : 0;
    char *to = reader->memory.data + reader->memory.size;
    memcpy(to, left.data, left.size);
    memcpy(to + left.size, right.data + skip, right.size - skip);
    reader->memory.size += left.size + right.size - skip;
    return (lw_string){to, left.size + right.size - skip};
}

lw_status lwi_merges_add_pair(lwi_merge_reader *reader, lw_string left, lw_string right) {
    const lwi_vocabulary *v = &reader->tokenizer->vocabulary;
    const uint32_t rank = reader->rank++;
    if (!left.size || !right.size) return LW_OK;
    LW_TRY(make_room(reader, 2 * (left.size + right.size)));
    left = piece_of(reader, left);
    right = piece_of(reader, right);
    const lw_string both = join(reader, left, right);
    lwi_vocabulary_prefetch(v, left.data, left.size);
    lwi_vocabulary_prefetch(v, right.data, right.size);
    lwi_vocabulary_prefetch(v, both.data, both.size);
    reader->waiting[reader->n].left = left;
    reader->waiting[reader->n].right = right;
    reader->waiting[reader->n].both = both;
    reader->waiting[reader->n++].rank = rank;
    return LW_OK;
}

lw_status lwi_merges_add(lwi_merge_reader *reader, lw_string line) {
    const char *space = line.size > 1 ? memchr(line.data + 1, ' ', line.size - 1) : NULL;
    const size_t n = space ? (size_t)(space - line.data) : 0;
    const lw_string right = {line.data + n + 1, space ? line.size - n - 1 : 0};
    return lwi_merges_add_pair(reader, (lw_string){line.data, n}, right);
}

lw_status lwi_merges_end(lwi_merge_reader *reader, lw_status status) {
    if (status == LW_OK) resolve(reader);
    lwi_growing_free(&reader->memory);
    return status;
}
