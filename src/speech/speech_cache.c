/* SPDX-License-Identifier: MIT
 * Which blocks of the cache hold the tokens of which row. Rows that begin alike share blocks; one
 * that is not full is copied before a row goes on in it. */
#include "speech/transcriber.h"

#include "base/checked.h"

#include <string.h>

lw_status lwi_speech_cache_init(lw_transcriber *t) {
    lwi_speech_graph *g = &t->graph;
    const lw_speech *s = t->speech;
    size_t elements = 0;
    g->blocks = s->context / s->cache_positions + (s->context % s->cache_positions != 0);
    g->pool = g->blocks * t->group;
    if (!lwi_mul_size(g->pool, s->cache_elements, &elements))
        return lwi_fail(LW_LIMIT, "a cache for %zu tokens is too large", s->context);
    LW_TRY(lwi_arena_alloc(&t->arena, g->pool, sizeof *g->uses, &g->uses));
    LW_TRY(lwi_arena_alloc(&t->arena, g->pool, sizeof *g->next, &g->next));
    return lwi_arena_alloc(&t->arena, elements, sizeof *g->cache, &g->cache);
}

static int32_t *row_of(const lwi_speech_graph *g, size_t row) {
    return g->numbers[LWI_SPEECH_BLOCKS] + row * g->blocks;
}

void lwi_speech_begin(lw_transcriber *t) {
    lwi_speech_graph *g = &t->graph;
    memset(g->uses, 0, g->pool * sizeof *g->uses);
    memset(g->numbers[LWI_SPEECH_BLOCKS], 0, g->pool * sizeof(int32_t));
}

/* There is always one: no row has more than `blocks` of them. */
static int32_t take(lwi_speech_graph *g) {
    int32_t block = 0;
    while (g->uses[block] > 0)
        block++;
    g->uses[block] = 1;
    return block;
}

void lwi_speech_reserve(lw_transcriber *t, size_t row, size_t at, size_t n) {
    lwi_speech_graph *g = &t->graph;
    const size_t each = t->speech->cache_positions;
    for (size_t block = (at + each - 1) / each; block * each < at + n; block++)
        row_of(g, row)[block] = take(g);
}

/* By way of g->cache, where it is on a device. */
static lw_status copy_block(lwi_speech_graph *g, int32_t from, int32_t to, size_t elements) {
    const size_t bytes = elements * sizeof *g->cache;
    float *source = g->cache + (size_t)from * elements, *own = g->cache + (size_t)to * elements;
    LW_TRY(lw_context_read_input(g->context, "cache", (size_t)from * bytes, source, bytes));
    memcpy(own, source, bytes);
    return lw_context_write_input(g->context, "cache", g->pool * bytes, (size_t)to * bytes, own,
                                  bytes);
}

static lw_status part(lwi_speech_graph *g, int32_t *block, size_t elements) {
    if (g->uses[*block] < 2) return LW_OK;
    g->uses[*block]--;
    const int32_t own = take(g), from = *block;
    *block = own;
    return copy_block(g, from, own, elements);
}

lw_status lwi_speech_fork(lw_transcriber *t, const size_t *sources, size_t rows, size_t length) {
    lwi_speech_graph *g = &t->graph;
    const size_t each = t->speech->cache_positions, used = (length + each - 1) / each;
    memset(g->uses, 0, g->pool * sizeof *g->uses);
    memset(g->next, 0, g->pool * sizeof *g->next);
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < used; i++) {
            g->next[r * g->blocks + i] = row_of(g, sources[r])[i];
            g->uses[g->next[r * g->blocks + i]]++;
        }
    for (size_t r = 0; r < rows && length % each; r++)
        LW_TRY(part(g, g->next + r * g->blocks + used - 1, t->speech->cache_elements));
    memcpy(g->numbers[LWI_SPEECH_BLOCKS], g->next, g->pool * sizeof *g->next);
    return LW_OK;
}
