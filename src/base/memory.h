/* SPDX-License-Identifier: MIT
 * All memory comes through an lw_allocator. Three ways to hold it:
 *   lwi_alloc/lwi_free   one block
 *   lwi_arena            many small things that die together (a model's graph)
 *   lwi_pool             blocks of a context, kept and reused from run to run */
#ifndef LWI_MEMORY_H
#define LWI_MEMORY_H

#include "base/status.h"

enum { LWI_ALIGN = 64 };

/* malloc and free. */
extern const lw_allocator lwi_malloc_allocator;

/* *block is NULL for 0 bytes. LW_NO_MEMORY otherwise when there is none. */
lw_status lwi_alloc(const lw_allocator *allocator, size_t bytes, void **block);
/* n elements of the given size, zeroed. */
lw_status lwi_alloc_array(const lw_allocator *allocator, size_t n, size_t size, void *array);
void lwi_free(const lw_allocator *allocator, void *block);
/* Grows *array (elements of the given size) so that it holds at least need elements. */
lw_status lwi_grow(const lw_allocator *allocator, void *array, size_t *capacity, size_t need,
                   size_t size);

/* Zeros that can only be read and take no memory of their own. */
lw_status lwi_zeros_map(size_t bytes, void **zeros);
void lwi_zeros_unmap(void *zeros, size_t bytes);

typedef struct lwi_arena_block lwi_arena_block;
typedef struct lwi_arena {
    lw_allocator allocator;
    lwi_arena_block *blocks;
    size_t used; /* bytes handed out */
} lwi_arena;

void lwi_arena_init(lwi_arena *arena, const lw_allocator *allocator);
void lwi_arena_free(lwi_arena *arena);
/* Forgets everything but keeps the newest block for reuse. */
void lwi_arena_reset(lwi_arena *arena);
/* Zeroed memory, aligned to 16 bytes. *block is set only on success. */
lw_status lwi_arena_alloc(lwi_arena *arena, size_t n, size_t size, void *block);
lw_status lwi_arena_copy(lwi_arena *arena, const void *data, size_t size, void *copy);
/* A zero-terminated copy. */
lw_status lwi_arena_string(lwi_arena *arena, const char *text, size_t size, const char **copy);
/* A text that may be NULL becomes a copy of its own in the arena. */
lw_status lwi_arena_keep_text(lwi_arena *arena, const char **text);

/* lwi_grow for an array in the arena; the old copy stays there unused. */
lw_status lwi_arena_grow(lwi_arena *arena, void *array, size_t *capacity, size_t need, size_t size);

/* Blocks by size class, and larger ones that serve for any size. Not thread-safe. */
typedef struct lwi_pool_block lwi_pool_block;
enum { LWI_POOL_CLASSES = 128 };
typedef struct lwi_pool {
    lw_allocator allocator;
    lwi_pool_block *idle[LWI_POOL_CLASSES];
    lwi_pool_block *shared; /* idle ones of lwi_pool_share, the smallest first */
    size_t held;            /* bytes in all blocks, idle or not */
    size_t limit;           /* 0: none */
    size_t allocations;     /* calls of the allocator */
    bool limit_hit;         /* the limit has been the reason for a failure */
} lwi_pool;

void lwi_pool_init(lwi_pool *pool, const lw_allocator *allocator, size_t limit);
void lwi_pool_trim(lwi_pool *pool); /* frees idle blocks */
/* LW_LIMIT if so many bytes more would be above the limit, for memory that lies beside the pool. */
lw_status lwi_pool_admit(lwi_pool *pool, size_t bytes);
/* Aligned to LWI_ALIGN. 0 bytes give a valid block. */
lw_status lwi_pool_get(lwi_pool *pool, size_t bytes, void **block);
/* The smallest idle block that is large enough, whatever it was made for. If there is none, the
 * largest idle one makes way for a new one, so that pieces of many sizes, used one after another,
 * need no more memory than the largest of them. */
lw_status lwi_pool_share(lwi_pool *pool, size_t bytes, void **block);
void lwi_pool_put(lwi_pool *pool, void *block);
/* The pool as an allocator, for values that live and die within it. */
lw_allocator lwi_pool_allocator(lwi_pool *pool);

#endif
