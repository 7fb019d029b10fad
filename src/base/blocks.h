/* SPDX-License-Identifier: MIT
 * Types of tensors in GGUF files: rows of blocks, each with numbers of a few bits and their
 * scales. */
#ifndef LWI_BLOCKS_H
#define LWI_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
#define LWI_BLOCK(id, name, ident, elements, bytes) LWI_BLOCK_##ident = (id),
#include "base/blocks.def"
#undef LWI_BLOCK
    LWI_BLOCK_IDS = 43
};

typedef struct lwi_block_type {
    uint32_t id;
    const char *name;
    size_t elements, bytes; /* of a block */
} lwi_block_type;

/* NULL: no such type. */
const lwi_block_type *lwi_block_type_find(uint32_t id);
/* n elements (a multiple of a block's) as float32; blocks need no alignment. */
void lwi_blocks_decode(const lwi_block_type *type, const void *blocks, size_t n, float *to);
/* What the codes of IQ4_NL and IQ4_XS stand for. */
extern const int8_t lwi_iq4_values[16];
bool lwi_blocks_encodable(const lwi_block_type *type);
/* The way back, for types that are encodable; any numbers, NaN too, give valid blocks. w: how much
 * the square of each number's error counts, [n]; NULL: all the same. */
void lwi_blocks_encode(const lwi_block_type *type, const float *x, size_t n, const float *w,
                       void *blocks);

#endif
