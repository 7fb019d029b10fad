/* SPDX-License-Identifier: MIT
 * Who uses which block of a cache of keys and values. Full blocks may be kept when nobody uses
 * them any more, known by the tokens that they and all blocks before them hold, until the room is
 * needed. */
#ifndef LWI_CACHE_BLOCKS_H
#define LWI_CACHE_BLOCKS_H

#include "base/memory.h"

typedef struct lwi_cache_block {
    uint32_t users;
    uint64_t name; /* of a full block that can be found again; 0: it cannot */
    uint64_t used; /* when it was freed, counted */
} lwi_cache_block;

typedef struct lwi_cache_blocks {
    lw_allocator allocator;
    lwi_cache_block *blocks;
    int32_t *tokens; /* [n, size] of blocks that have a name */
    size_t n, size;  /* blocks; tokens of a block */
    uint64_t clock;
} lwi_cache_blocks;

lw_status lwi_cache_blocks_init(lwi_cache_blocks *c, const lw_allocator *allocator, size_t n,
                                size_t size);
void lwi_cache_blocks_free(lwi_cache_blocks *c);
/* Blocks that nobody uses. */
size_t lwi_cache_blocks_left(const lwi_cache_blocks *c);
/* A block for a new user; LW_LIMIT if all are in use. */
lw_status lwi_cache_block_take(lwi_cache_blocks *c, int32_t *block);
void lwi_cache_block_give(lwi_cache_blocks *c, int32_t block);
/* The name of a block with these tokens behind the block `before` is named (0: it is the first). */
uint64_t lwi_cache_block_name(const lwi_cache_blocks *c, uint64_t before, const int32_t *tokens);
/* Makes a block that is full known by its name. */
void lwi_cache_block_keep(lwi_cache_blocks *c, int32_t block, uint64_t name, const int32_t *tokens);
/* The block with that name and these tokens, with one more user; -1: there is none. */
int32_t lwi_cache_block_find(lwi_cache_blocks *c, uint64_t name, const int32_t *tokens);

#endif
