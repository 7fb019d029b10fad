/* SPDX-License-Identifier: MIT
 * Blocks of the cache, and the state, that a session uses. */
#include "llm/llm_session.h"

#include <string.h>

static void give_blocks(lw_session *s, size_t keep) {
    while (s->n_blocks > keep)
        lwi_cache_block_give(&s->batch->blocks, s->blocks[--s->n_blocks]);
}

/* One more block, if the cache still has one with the tokens that follow. */
static lw_status reuse_block(lw_session *s, bool *found) {
    lwi_cache_blocks *c = &s->batch->blocks;
    const int32_t *tokens = s->tokens + s->n_blocks * c->size;
    const uint64_t name = lwi_cache_block_name(c, s->name, tokens);
    LW_TRY(lwi_grow(&s->allocator, &s->blocks, &s->cap_blocks, s->n_blocks + 1, sizeof *s->blocks));
    const int32_t block = lwi_cache_block_find(c, name, tokens);
    *found = block >= 0;
    if (!*found) return LW_OK;
    s->blocks[s->n_blocks++] = block;
    s->named = s->n_blocks;
    s->name = name;
    return LW_OK;
}

static lw_status need_slot(lw_session *s) {
    if (s->llm->state_elements == 0 || s->slot >= 0) return LW_OK;
    return lwi_state_slot_take(&s->batch->slots, &s->slot);
}

static float *state_of(const lw_session *s) {
    return s->batch->slots.data + (size_t)s->slot * s->llm->state_elements;
}

static void start_again(lw_session *s) {
    give_blocks(s, 0);
    s->done = s->named = 0;
    s->name = s->stretched;
}

/* The state after n tokens is of use only with the blocks of all of them. */
static lw_status reuse_state(lw_session *s, const lwi_state_snapshot *from, bool *found) {
    const size_t blocks = s->llm->cache_elements ? from->n / s->llm->cache_positions : 0;
    *found = true;
    start_again(s);
    while (*found && s->n_blocks < blocks)
        LW_TRY(reuse_block(s, found));
    if (!*found) start_again(s);
    if (!*found) return LW_OK;
    LW_TRY(need_slot(s));
    memcpy(state_of(s), from->data, s->llm->state_elements * sizeof *from->data);
    s->done = from->n;
    s->reused += from->n;
    return lwi_state_slot_put(&s->batch->slots, s->slot);
}

static lw_status reuse_any_state(lw_session *s) {
    bool found = s->done > 0 || s->stretched;
    for (size_t most = s->n - 1; !found;) {
        const lwi_state_snapshot *from =
            lwi_state_snapshot_find(&s->batch->snapshots, s->tokens, most);
        if (!from) return LW_OK;
        most = from->n - 1;
        LW_TRY(reuse_state(s, from, &found));
    }
    return LW_OK;
}

/* What is still there from sessions that began with the same tokens. One token at least is left to
 * compute, since logits are wanted; of a session that is scored, all are. */
lw_status lwi_sequence_reuse(lw_session *s) {
    lwi_cache_blocks *c = &s->batch->blocks;
    if (!s->batch->keep_prefixes || s->scores || s->vectors) return LW_OK;
    if (s->llm->state_elements) return reuse_any_state(s);
    bool found = true;
    while (s->done % c->size == 0 && s->done + c->size < s->n && s->n_blocks == s->done / c->size) {
        LW_TRY(reuse_block(s, &found));
        if (!found) return LW_OK;
        s->done += c->size;
        s->reused += c->size;
    }
    return LW_OK;
}

lw_status lwi_sequence_reserve(lw_session *s, size_t n) {
    const size_t size = s->batch->blocks.size;
    LW_TRY(need_slot(s));
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
    s->ahead.left = 0;
    if (whole < s->named) {
        s->named = whole;
        s->name = name_of(s, whole);
        n = whole * size; /* the block that is cut may be another's too */
    } else whole = (n + size - 1) / size;
    give_blocks(s, whole);
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
    if (s->done <= n) return;
    if (s->llm->state_elements) start_again(s);
    else s->done = n;
}

size_t lwi_sequence_boundary(const lw_session *s) {
    const size_t size = s->llm->cache_positions;
    const bool kept = s->batch->keep_prefixes && s->llm->state_elements && !s->stretched;
    return kept && !s->scores && !s->vectors && s->n > 0 ? (s->n - 1) / size * size : 0;
}

void lwi_sequence_keep_blocks(lw_session *s) {
    lwi_cache_blocks *c = &s->batch->blocks;
    if (!s->batch->keep_prefixes) return;
    if (s->done > 0 && s->done == lwi_sequence_boundary(s) &&
        lwi_state_slot_fetch(&s->batch->slots, s->slot) == LW_OK)
        lwi_state_snapshot_keep(&s->batch->snapshots, s->tokens, s->done, state_of(s));
    for (; s->llm->cache_elements && (s->named + 1) * c->size <= s->done; s->named++) {
        const int32_t *tokens = s->tokens + s->named * c->size;
        s->name = lwi_cache_block_name(c, s->name, tokens);
        lwi_cache_block_keep(c, s->blocks[s->named], s->name, tokens);
    }
}
