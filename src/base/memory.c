/* SPDX-License-Identifier: MIT */
#include "base/memory.h"

#include "base/checked.h"
#include "base/pages.h"

#include <stdlib.h>
#include <string.h>

/* malloc's common case is several times as fast as aligned_alloc, and values are small: the block
 * is aligned here, and what malloc gave stands in front of it. Large blocks begin at a huge page
 * and ask the system for such: weights and tensors are read from end to end, and looking up small
 * pages is what limits that. */
static void *malloc_alloc(void *user, size_t bytes, size_t align) {
    (void)user;
    size_t room;
    const bool large = bytes >= lwi_huge_page && align < lwi_huge_page;
    if (large) align = lwi_huge_page;
    if (align < sizeof(void *)) align = sizeof(void *);
    if (!lwi_add_size(bytes, align - 1 + sizeof(void *), &room)) return NULL;
    char *whole = malloc(room);
    if (!whole) return NULL;
    char *block = whole + sizeof whole;
    block += -(uintptr_t)block & (align - 1);
    memcpy(block - sizeof whole, &whole, sizeof whole);
    if (large) lwi_pages_make_huge(block, bytes);
    return block;
}

static void malloc_free(void *user, void *block) {
    (void)user;
    char *whole = NULL;
    memcpy(&whole, (char *)block - sizeof whole, sizeof whole);
    free(whole);
}

const lw_allocator lwi_malloc_allocator = {sizeof(lw_allocator), malloc_alloc, malloc_free, NULL};

lw_status lwi_alloc(const lw_allocator *allocator, size_t bytes, void **block) {
    if (bytes == 0) {
        *block = NULL;
        return LW_OK;
    }
    void *p = bytes > PTRDIFF_MAX ? NULL : allocator->alloc(allocator->user, bytes, LWI_ALIGN);
    if (!p) return lwi_fail(LW_NO_MEMORY, "out of memory: could not allocate %zu bytes", bytes);
    *block = p;
    return LW_OK;
}

lw_status lwi_alloc_array(const lw_allocator *allocator, size_t n, size_t size, void *array) {
    size_t bytes;
    if (!lwi_mul_size(n, size, &bytes))
        return lwi_fail(LW_NO_MEMORY, "out of memory: %zu elements of %zu bytes", n, size);
    void *p = NULL;
    LW_TRY(lwi_alloc(allocator, bytes, &p));
    if (p) memset(p, 0, bytes);
    memcpy(array, &p, sizeof p);
    return LW_OK;
}

void lwi_free(const lw_allocator *allocator, void *block) {
    if (block) allocator->free(allocator->user, block);
}

lw_status lwi_grow(const lw_allocator *allocator, void *array, size_t *capacity, size_t need,
                   size_t size) {
    if (need <= *capacity) return LW_OK;
    size_t n = *capacity < 8 ? 8 : *capacity * 2;
    if (n < need) n = need;
    void *bigger = NULL, *old;
    memcpy(&old, array, sizeof old);
    LW_TRY(lwi_alloc_array(allocator, n, size, &bigger));
    if (old) memcpy(bigger, old, *capacity * size);
    lwi_free(allocator, old);
    memcpy(array, &bigger, sizeof bigger);
    *capacity = n;
    return LW_OK;
}

/* ------------------------------------------------------------------- zeros */

lw_status lwi_zeros_map(size_t bytes, void **zeros) {
    *zeros = bytes ? lwi_pages_of_zeros(bytes) : NULL;
    if (bytes && !*zeros)
        return lwi_fail(LW_NO_MEMORY, "out of memory: could not map %zu bytes", bytes);
    return LW_OK;
}

void lwi_zeros_unmap(void *zeros, size_t bytes) {
    if (zeros) lwi_pages_free(zeros, bytes);
}

/* ------------------------------------------------------------------- arena */

struct lwi_arena_block {
    lwi_arena_block *next;
    size_t size, used;
};
/* The largest that is made ahead of need has no huge pages, most of which would be untouched. */
enum { ARENA_HEADER = 64, ARENA_BLOCK = 1 << 14, LARGEST_BLOCK = 1 << 20, ARENA_ALIGN = 16 };

void lwi_arena_init(lwi_arena *arena, const lw_allocator *allocator) {
    *arena = (lwi_arena){.allocator = *allocator};
}

static void free_blocks(lwi_arena *arena, lwi_arena_block *b) {
    while (b) {
        lwi_arena_block *next = b->next;
        lwi_free(&arena->allocator, b);
        b = next;
    }
}

void lwi_arena_free(lwi_arena *arena) {
    free_blocks(arena, arena->blocks);
    arena->blocks = NULL;
    arena->used = 0;
}

void lwi_arena_reset(lwi_arena *arena) {
    if (!arena->blocks) return;
    free_blocks(arena, arena->blocks->next);
    arena->blocks->next = NULL;
    arena->blocks->used = 0;
    arena->used = 0;
}

static lw_status arena_block(lwi_arena *arena, size_t bytes, size_t *total) {
    size_t size = arena->blocks ? arena->blocks->size * 2 : ARENA_BLOCK;
    if (size > LARGEST_BLOCK) size = LARGEST_BLOCK;
    if (size < bytes) size = bytes;
    if (!lwi_add_size(size, ARENA_HEADER, total))
        return lwi_fail(LW_NO_MEMORY, "out of memory: could not allocate %zu bytes", bytes);
    void *p = NULL;
    LW_TRY(lwi_alloc(&arena->allocator, *total, &p));
    lwi_arena_block *b = p;
    *b = (lwi_arena_block){arena->blocks, size, 0};
    arena->blocks = b;
    return LW_OK;
}

lw_status lwi_arena_alloc(lwi_arena *arena, size_t n, size_t size, void *block) {
    size_t bytes, rounded, total;
    if (!lwi_mul_size(n, size, &bytes) || !lwi_add_size(bytes, ARENA_ALIGN - 1, &rounded))
        return lwi_fail(LW_NO_MEMORY, "out of memory: %zu elements of %zu bytes", n, size);
    rounded &= ~(size_t)(ARENA_ALIGN - 1);
    if (rounded == 0) rounded = ARENA_ALIGN;
    if (!arena->blocks || arena->blocks->size - arena->blocks->used < rounded)
        LW_TRY(arena_block(arena, rounded, &total));
    lwi_arena_block *b = arena->blocks;
    void *p = (char *)b + ARENA_HEADER + b->used;
    b->used += rounded;
    arena->used += rounded;
    memset(p, 0, rounded);
    memcpy(block, &p, sizeof p);
    return LW_OK;
}

lw_status lwi_arena_copy(lwi_arena *arena, const void *data, size_t size, void *copy) {
    void *p = NULL;
    LW_TRY(lwi_arena_alloc(arena, size, 1, &p));
    if (size) memcpy(p, data, size);
    memcpy(copy, &p, sizeof p);
    return LW_OK;
}

lw_status lwi_arena_string(lwi_arena *arena, const char *text, size_t size, const char **copy) {
    char *p = NULL;
    LW_TRY(lwi_arena_alloc(arena, size + 1, 1, &p));
    if (size) memcpy(p, text, size);
    *copy = p;
    return LW_OK;
}

lw_status lwi_arena_keep_text(lwi_arena *arena, const char **text) {
    return *text ? lwi_arena_string(arena, *text, strlen(*text), text) : LW_OK;
}

lw_status lwi_arena_grow(lwi_arena *arena, void *array, size_t *capacity, size_t need,
                         size_t size) {
    if (need <= *capacity) return LW_OK;
    size_t n = *capacity < 8 ? 8 : *capacity * 2;
    if (n < need) n = need;
    void *bigger = NULL, *old;
    memcpy(&old, array, sizeof old);
    LW_TRY(lwi_arena_alloc(arena, n, size, &bigger));
    if (*capacity) memcpy(bigger, old, *capacity * size);
    memcpy(array, &bigger, sizeof bigger);
    *capacity = n;
    return LW_OK;
}

/* -------------------------------------------------------------------- pool */

/* Stands before each block of a pool, in LWI_ALIGN bytes. */
struct lwi_pool_block {
    lwi_pool_block *next;
    size_t size; /* with this header */
    int class;   /* SHARED: none */
};
enum { SHARED = -1 };

/* Four classes per power of two, from 64 bytes on: at most a quarter of a block is slack. */
static int size_class(size_t bytes, size_t *rounded) {
    size_t base = 64;
    for (int c = 0; c + 4 <= LWI_POOL_CLASSES; c += 4, base *= 2)
        for (int k = 0; k < 4; k++) {
            size_t size = base + base / 4 * (size_t)k;
            if (bytes <= size) {
                *rounded = (size + LWI_ALIGN - 1) & ~(size_t)(LWI_ALIGN - 1);
                return c + k;
            }
        }
    return -1;
}

void lwi_pool_init(lwi_pool *pool, const lw_allocator *allocator, size_t limit) {
    *pool = (lwi_pool){.allocator = *allocator, .limit = limit};
}

/* The first of a list. */
static void free_first(lwi_pool *pool, lwi_pool_block **first) {
    lwi_pool_block *b = *first;
    *first = b->next;
    pool->held -= b->size;
    lwi_free(&pool->allocator, b);
}

void lwi_pool_trim(lwi_pool *pool) {
    for (int c = 0; c < LWI_POOL_CLASSES; c++)
        while (pool->idle[c])
            free_first(pool, &pool->idle[c]);
    while (pool->shared)
        free_first(pool, &pool->shared);
}

static bool is_over(const lwi_pool *pool, size_t bytes) {
    return pool->limit && (bytes > pool->limit || pool->held > pool->limit - bytes);
}

lw_status lwi_pool_admit(lwi_pool *pool, size_t bytes) {
    if (!is_over(pool, bytes)) return LW_OK;
    lwi_pool_trim(pool);
    pool->limit_hit = is_over(pool, bytes);
    if (!pool->limit_hit) return LW_OK;
    return lwi_fail(LW_LIMIT,
                    "the memory limit of %zu bytes is reached: %zu are in use and %zu more are "
                    "needed",
                    pool->limit, pool->held, bytes);
}

/* A new block; total: with its header. */
static lw_status add_block(lwi_pool *pool, size_t total, int class, lwi_pool_block **block) {
    void *p = NULL;
    LW_TRY(lwi_pool_admit(pool, total));
    LW_TRY(lwi_alloc(&pool->allocator, total, &p));
    *block = p;
    **block = (lwi_pool_block){NULL, total, class};
    pool->held += total;
    pool->allocations++;
    return LW_OK;
}

static void *inside(lwi_pool_block *b) { return (char *)b + LWI_ALIGN; }

lw_status lwi_pool_get(lwi_pool *pool, size_t bytes, void **block) {
    size_t size = 0, total;
    int class = size_class(bytes, &size);
    if (class < 0 || !lwi_add_size(size, LWI_ALIGN, &total))
        return lwi_fail(LW_NO_MEMORY, "out of memory: could not allocate %zu bytes", bytes);
    lwi_pool_block *b = pool->idle[class];
    if (b) pool->idle[class] = b->next;
    else LW_TRY(add_block(pool, total, class, &b));
    *block = inside(b);
    return LW_OK;
}

lw_status lwi_pool_share(lwi_pool *pool, size_t bytes, void **block) {
    size_t total;
    if (!lwi_add_size(bytes, 2 * LWI_ALIGN - 1, &total))
        return lwi_fail(LW_NO_MEMORY, "out of memory: could not allocate %zu bytes", bytes);
    total &= ~(size_t)(LWI_ALIGN - 1);
    lwi_pool_block **link = &pool->shared, **largest = NULL, *b = NULL;
    for (; *link && (*link)->size < total; link = &(*link)->next)
        largest = link;
    if (*link) {
        b = *link;
        *link = b->next;
    } else {
        if (largest) free_first(pool, largest);
        LW_TRY(add_block(pool, total, SHARED, &b));
    }
    *block = inside(b);
    return LW_OK;
}

void lwi_pool_put(lwi_pool *pool, void *block) {
    if (!block) return;
    lwi_pool_block *b = (lwi_pool_block *)((char *)block - LWI_ALIGN);
    lwi_pool_block **link = b->class == SHARED ? &pool->shared : &pool->idle[b->class];
    while (b->class == SHARED && *link && (*link)->size < b->size)
        link = &(*link)->next;
    b->next = *link;
    *link = b;
}

static void *pool_alloc(void *user, size_t bytes, size_t align) {
    (void)align; /* LWI_ALIGN is the most that anyone here asks for */
    void *block = NULL;
    return lwi_pool_get(user, bytes, &block) == LW_OK ? block : NULL;
}

static void pool_free(void *user, void *block) { lwi_pool_put(user, block); }

lw_allocator lwi_pool_allocator(lwi_pool *pool) {
    return (lw_allocator){sizeof(lw_allocator), pool_alloc, pool_free, pool};
}
