/* SPDX-License-Identifier: MIT
 * Merging, in the order that the tokenizer wants. Words are short: their pairs are looked through
 * for each merge. Longer pieces keep their pairs in a heap, so that the time stays near linear. */
#include "text/bpe.h"

#include "lampwick/tokenizer.h"

enum { SHORT = 32 };

/* Whether two neighbours merge: when (less comes first), and to which token. */
static bool find_pair(const lwi_bpe *bpe, const char *text, const lwi_bpe_symbol *left,
                      const lwi_bpe_symbol *right, uint32_t *rank, int32_t *id) {
    if (bpe->order == LWI_BPE_MERGES) {
        const lwi_merge *merge = lwi_merge_find(&bpe->merges, left->id, right->id);
        if (!merge) return false;
        *rank = merge->rank;
        *id = merge->id;
        return true;
    }
    if (left->frozen || right->frozen) return false;
    *id = lwi_vocabulary_find(bpe->vocabulary, text + left->begin, left->size + right->size);
    if (*id == LWI_NO_TOKEN) return false;
    *rank = (uint32_t)*id;
    if (bpe->order == LWI_BPE_SCORES) {
        /* The order of floats as that of unsigned numbers, greatest first. */
        memcpy(rank, bpe->vocabulary->scores + *id, sizeof *rank);
        *rank = *rank & 0x80000000u ? *rank : ~(*rank | 0x80000000u);
    }
    return true;
}

/* Remembers what an unused token was made from first. Models have few such tokens; of very many,
 * not all are taken apart again, so that a file cannot make this slow. */
static lw_status note_split(const lwi_bpe *bpe, lwi_bpe_work *work, int32_t id, uint32_t left) {
    enum { MOST = 1024 };
    if (!bpe->has_unused || !(bpe->vocabulary->attributes[id] & LW_TOKEN_UNUSED)) return LW_OK;
    for (size_t i = 0; i < work->n_splits; i++)
        if (work->splits[i].id == id) return LW_OK;
    if (work->n_splits == MOST) return LW_OK;
    LW_TRY(lwi_grow(&lwi_malloc_allocator, &work->splits, &work->split_capacity, work->n_splits + 1,
                    sizeof *work->splits));
    work->splits[work->n_splits++] = (lwi_bpe_split){id, left};
    return LW_OK;
}

/* ------------------------------------------------------------- short pieces */

typedef struct pair {
    uint32_t rank;
    int32_t id; /* LWI_NO_TOKEN: they do not merge */
} pair;

static pair look(const lwi_bpe *bpe, const lwi_bpe_work *work, const char *text, size_t i) {
    pair found = {UINT32_MAX, LWI_NO_TOKEN};
    if (i + 1 < work->n &&
        !find_pair(bpe, text, work->symbols + i, work->symbols + i + 1, &found.rank, &found.id))
        found = (pair){UINT32_MAX, LWI_NO_TOKEN};
    return found;
}

static lw_status merge_short(const lwi_bpe *bpe, lwi_bpe_work *work, const char *text) {
    pair pairs[SHORT];
    lwi_bpe_symbol *s = work->symbols;
    for (size_t i = 0; i < work->n; i++)
        pairs[i] = look(bpe, work, text, i);
    for (;;) {
        size_t best = 0;
        for (size_t i = 1; i + 1 < work->n; i++)
            if (pairs[i].id >= 0 && (pairs[best].id < 0 || pairs[i].rank < pairs[best].rank))
                best = i;
        if (work->n < 2 || pairs[best].id < 0) return LW_OK;
        LW_TRY(note_split(bpe, work, pairs[best].id, s[best].size));
        s[best].id = pairs[best].id;
        s[best].size += s[best + 1].size;
        const size_t rest = --work->n - best - 1;
        memmove(s + best + 1, s + best + 2, rest * sizeof *s);
        memmove(pairs + best + 1, pairs + best + 2, rest * sizeof *pairs);
        pairs[best] = look(bpe, work, text, best);
        if (best) pairs[best - 1] = look(bpe, work, text, best - 1);
    }
}

/* -------------------------------------------------------------- long pieces */

static lw_status push(lwi_bpe_work *work, lwi_bpe_candidate c) {
    LW_TRY(lwi_grow(&lwi_malloc_allocator, &work->heap, &work->heap_capacity, work->heap_size + 1,
                    sizeof *work->heap));
    size_t i = work->heap_size++;
    for (; i && work->heap[(i - 1) / 2].key > c.key; i = (i - 1) / 2)
        work->heap[i] = work->heap[(i - 1) / 2];
    work->heap[i] = c;
    return LW_OK;
}

static lwi_bpe_candidate pop(lwi_bpe_work *work) {
    const lwi_bpe_candidate first = work->heap[0], last = work->heap[--work->heap_size];
    const size_t n = work->heap_size;
    size_t i = 0;
    for (size_t child = 1; child < n; child = 2 * i + 1) {
        if (child + 1 < n && work->heap[child + 1].key < work->heap[child].key) child++;
        if (work->heap[child].key >= last.key) break;
        work->heap[i] = work->heap[child];
        i = child;
    }
    work->heap[i] = last;
    return first;
}

/* The pair that begins at symbol i, if it merges. */
static lw_status offer(const lwi_bpe *bpe, lwi_bpe_work *work, const char *text, int32_t i) {
    const lwi_bpe_symbol *left = work->symbols + i;
    uint32_t rank = 0;
    int32_t id = 0;
    if (left->next < 0) return LW_OK;
    const lwi_bpe_symbol *right = work->symbols + left->next;
    if (!find_pair(bpe, text, left, right, &rank, &id)) return LW_OK;
    return push(work, (lwi_bpe_candidate){(uint64_t)rank << 32 | (uint32_t)i,
                                          left->size + right->size, id});
}

static void link_symbols(lwi_bpe_work *work) {
    for (size_t i = 0; i < work->n; i++) {
        work->symbols[i].previous = (int32_t)i - 1;
        work->symbols[i].next = i + 1 < work->n ? (int32_t)i + 1 : -1;
    }
}

static void drop_merged(lwi_bpe_work *work) {
    size_t kept = 0;
    for (size_t i = 0; i < work->n; i++)
        if (work->symbols[i].size) work->symbols[kept++] = work->symbols[i];
    work->n = kept;
}

static lw_status merge_long(const lwi_bpe *bpe, lwi_bpe_work *work, const char *text) {
    lwi_bpe_symbol *s = work->symbols;
    work->heap_size = 0;
    link_symbols(work);
    for (size_t i = 0; i + 1 < work->n; i++)
        LW_TRY(offer(bpe, work, text, (int32_t)i));
    while (work->heap_size) {
        const lwi_bpe_candidate c = pop(work);
        const int32_t i = (int32_t)(uint32_t)c.key, j = s[i].next;
        /* A pair whose parts have since merged with others has another size. */
        if (!s[i].size || j < 0 || s[i].size + s[j].size != c.size) continue;
        LW_TRY(note_split(bpe, work, c.id, s[i].size));
        s[i].id = c.id;
        s[i].size = c.size;
        s[i].next = s[j].next;
        s[j].size = 0;
        if (s[i].next >= 0) s[s[i].next].previous = i;
        LW_TRY(offer(bpe, work, text, i));
        if (s[i].previous >= 0) LW_TRY(offer(bpe, work, text, s[i].previous));
    }
    drop_merged(work);
    return LW_OK;
}

lw_status lwi_bpe_merge(const lwi_bpe *bpe, lwi_bpe_work *work, const char *text) {
    return work->n <= SHORT ? merge_short(bpe, work, text) : merge_long(bpe, work, text);
}
