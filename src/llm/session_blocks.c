/* SPDX-License-Identifier: MIT
 * Blocks of the cache that a session uses. */
#include "llm/llm_session.h"

/* The blocks that the cache still has from sessions that began with the same tokens. One token at
 * least is left to compute, since logits are wanted; of a session that is scored, all are. */
lw_status lwi_sequence_reuse(lw_session *s) {
    lwi_cache_blocks *c = &s->batch->blocks;
    while (s->batch->keep_prefixes && !s->scores && !s->vectors && s->done % c->size == 0 &&
           s->done + c->size < s->n && s->n_blocks == s->done / c->size) {
        const int32_t *tokens = s->tokens + s->done;
        const uint64_t name = lwi_cache_block_name(c, s->name, tokens);
        LW_TRY(lwi_grow(&s->allocator, &s->blocks, &s->cap_blocks, s->n_blocks + 1,
                        sizeof *s->blocks));
        const int32_t block = lwi_cache_block_find(c, name, tokens);
        if (block < 0) return LW_OK;
        s->blocks[s->n_blocks++] = block;
        s->named = s->n_blocks;
        s->name = name;
        s->done += c->size;
        s->reused += c->size;
    }
    return LW_OK;
}

lw_status lwi_sequence_reserve(lw_session *s, size_t n) {
    const size_t size = s->batch->blocks.size;
    if (s->llm->state_elements && s->slot < 0)
        LW_TRY(lwi_state_slot_take(&s->batch->slots, &s->slot));
    while (s->llm->cache_elements && s->n_blocks * size < n) {
        LW_TRY(lwi_grow(&s->allocator, &s->blocks, &s->cap_blocks, s->n_blocks + 1,
                        sizeof *s->blocks));
        LW_TRY(lwi_cache_block_take(&s->batch->blocks, s->blocks + s->n_blocks));
        s->n_blocks++;
    }
    return LW_OK;
}

/* The name of the last of the first n blocks. */
static uint64_t name_of(const lw_session *s, size_t n) {
    uint64_t name = s->stretched; /* blocks that are stretched are others */
    for (size_t i = 0; i < n; i++)
        name = lwi_cache_block_name(&s->batch->blocks, name, s->tokens + i * s->batch->blocks.size);
    return name;
}

void lwi_sequence_release(lw_session *s, size_t n) {
    const size_t size = s->llm->cache_positions;
    size_t whole = n / size;
    if (whole < s->named) {
        s->named = whole;
        s->name = name_of(s, whole);
        n = whole * size; /* the block that is cut may be another's too */
    } else whole = (n + size - 1) / size;
    while (s->n_blocks > whole)
        lwi_cache_block_give(&s->batch->blocks, s->blocks[--s->n_blocks]);
    lwi_sequence_redo(s, n);
}

void lwi_sequence_stretch(lw_session *s) {
    const bool stretched = s->llm->original_context && s->n > s->llm->original_context;
    if (stretched == s->stretched) return;
    lwi_sequence_release(s, 0);
    s->stretched = stretched;
    s->name = name_of(s, 0);
}

void lwi_sequence_redo(lw_session *s, size_t n) {
    if (s->done > n) s->done = s->llm->state_elements ? 0 : n;
}

void lwi_sequence_keep_blocks(lw_session *s) {
    lwi_cache_blocks *c = &s->batch->blocks;
    if (!s->batch->keep_prefixes) return;
    for (; (s->named + 1) * c->size <= s->done; s->named++) {
        const int32_t *tokens = s->tokens + s->named * c->size;
        s->name = lwi_cache_block_name(c, s->name, tokens);
        lwi_cache_block_keep(c, s->blocks[s->named], s->name, tokens);
    }
}
