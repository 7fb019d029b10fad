/* SPDX-License-Identifier: MIT */
#include "run/scratch.h"

enum { FIRST_BLOCK = 1 << 14, LARGEST_BLOCK = 1 << 20, LARGEST_PIECE = 1 << 18 };

static lw_status from_pool(lwi_scratch_stack *s, size_t bytes, void **block) {
    LW_TRY(lwi_grow(&s->pool->allocator, &s->others, &s->cap_others, s->n_others + 1,
                    sizeof *s->others));
    LW_TRY(lwi_pool_share(s->pool, bytes, block));
    s->others[s->n_others++] = *block;
    return LW_OK;
}

/* The block can be exchanged only while nothing lies in it. */
static lw_status enlarge(lwi_scratch_stack *s) {
    size_t size = FIRST_BLOCK;
    void *block = NULL;
    while (size < s->wanted)
        size *= 2;
    lwi_pool_put(s->pool, s->block);
    s->block = NULL;
    s->size = 0;
    LW_TRY(lwi_pool_get(s->pool, size, &block));
    s->block = block;
    s->size = size;
    return LW_OK;
}

lw_status lwi_scratch_get(lwi_scratch_stack *s, size_t bytes, void **block) {
    if (bytes > LARGEST_PIECE) return from_pool(s, bytes, block);
    const size_t rounded = (bytes + LWI_ALIGN - 1) & ~(size_t)(LWI_ALIGN - 1);
    const size_t total = s->used + s->beside + rounded;
    if (total > s->wanted && total <= LARGEST_BLOCK) s->wanted = total;
    if (s->wanted > s->size && s->used == 0) LW_TRY(enlarge(s));
    if (rounded > s->size - s->used) {
        LW_TRY(from_pool(s, bytes, block));
        s->beside += rounded;
        return LW_OK;
    }
    *block = s->block + s->used;
    s->used += rounded;
    return LW_OK;
}

void lwi_scratch_release(lwi_scratch_stack *s, lwi_scratch_mark mark) {
    s->used = mark.used;
    s->beside = mark.beside;
    while (s->n_others > mark.n_others)
        lwi_pool_put(s->pool, s->others[--s->n_others]);
}

void lwi_scratch_settle(lwi_scratch_stack *s) {
    /* Without memory for it now, the next run tries again. */
    if (s->wanted > s->size && s->used == 0 && enlarge(s) != LW_OK) return;
}

void lwi_scratch_free(lwi_scratch_stack *s) {
    lwi_pool_put(s->pool, s->block);
    lwi_free(&s->pool->allocator, s->others);
    *s = (lwi_scratch_stack){.pool = s->pool};
}
