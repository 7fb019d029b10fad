/* SPDX-License-Identifier: MIT */
#include "llm/cache_blocks.h"

#include "base/checked.h"
#include "base/random.h"

#include <string.h>

lw_status lwi_cache_blocks_init(lwi_cache_blocks *c, const lw_allocator *allocator, size_t n,
                                size_t size) {
    *c = (lwi_cache_blocks){.allocator = *allocator, .n = n, .size = size};
    size_t tokens = 0;
    if (n > INT32_MAX || !lwi_mul_size(n, size, &tokens))
        return lwi_fail(LW_LIMIT, "a cache of %zu blocks is too large", n);
    LW_TRY(lwi_alloc_array(allocator, n, sizeof *c->blocks, &c->blocks));
    const lw_status status = lwi_alloc_array(allocator, tokens, sizeof *c->tokens, &c->tokens);
    if (status != LW_OK) lwi_cache_blocks_free(c);
    return status;
}

void lwi_cache_blocks_free(lwi_cache_blocks *c) {
    lwi_free(&c->allocator, c->blocks);
    lwi_free(&c->allocator, c->tokens);
    c->blocks = NULL;
    c->tokens = NULL;
}

size_t lwi_cache_blocks_left(const lwi_cache_blocks *c) {
    size_t left = 0;
    for (size_t i = 0; i < c->n; i++)
        left += c->blocks[i].users == 0;
    return left;
}

/* A free block without a name, or else the one that was free for the longest time. */
lw_status lwi_cache_block_take(lwi_cache_blocks *c, int32_t *block) {
    size_t best = c->n;
    for (size_t i = 0; i < c->n; i++) {
        const lwi_cache_block *b = c->blocks + i;
        if (b->users) continue;
        if (!b->name) {
            best = i;
            break;
        }
        if (best == c->n || b->used < c->blocks[best].used) best = i;
    }
    if (best == c->n) return lwi_fail(LW_LIMIT, "the cache of %zu tokens is full", c->n * c->size);
    c->blocks[best] = (lwi_cache_block){.users = 1};
    *block = (int32_t)best;
    return LW_OK;
}

void lwi_cache_block_give(lwi_cache_blocks *c, int32_t block) {
    lwi_cache_block *b = c->blocks + block;
    if (--b->users == 0) b->used = ++c->clock;
}

uint64_t lwi_cache_block_name(const lwi_cache_blocks *c, uint64_t before, const int32_t *tokens) {
    uint64_t name = before + 1;
    for (size_t i = 0; i < c->size; i++) {
        uint32_t bits[4];
        lwi_philox(name, (uint32_t)tokens[i], bits);
        name = (uint64_t)bits[0] << 32 | bits[1];
    }
    return name ? name : 1;
}

void lwi_cache_block_keep(lwi_cache_blocks *c, int32_t block, uint64_t name,
                          const int32_t *tokens) {
    c->blocks[block].name = name;
    memcpy(c->tokens + (size_t)block * c->size, tokens, c->size * sizeof *tokens);
}

int32_t lwi_cache_block_find(lwi_cache_blocks *c, uint64_t name, const int32_t *tokens) {
    for (size_t i = 0; i < c->n; i++) {
        if (c->blocks[i].name != name ||
            memcmp(c->tokens + i * c->size, tokens, c->size * sizeof *tokens) != 0)
            continue;
        c->blocks[i].users++;
        return (int32_t)i;
    }
    return -1;
}
