/* SPDX-License-Identifier: MIT
 * Decoders of single blocks, by family. */
#ifndef LWI_BLOCKS_DECODE_H
#define LWI_BLOCKS_DECODE_H

#include "base/blocks.h"
#include "base/half.h"

/* One block of the type as float32 numbers. */
typedef void lwi_block_decode_fn(const uint8_t *block, float *to);

#define LWI_BLOCK(id, name, ident, elements, bytes)                                                \
    void lwi_block_decode_##ident(const uint8_t *block, float *to);
#include "base/blocks.def"
#undef LWI_BLOCK

static inline float lwi_block_half(const uint8_t *bytes) {
    return lwi_f16_to_f32((uint16_t)(bytes[0] | bytes[1] << 8));
}

/* The 6-bit scale and minimum number i of 8, as Q4_K and Q5_K pack them into 12 bytes. */
static inline void lwi_block_k_scale(const uint8_t *packed, int i, int *scale, int *min) {
    if (i < 4) {
        *scale = packed[i] & 63;
        *min = packed[i + 4] & 63;
    } else {
        *scale = (packed[i + 4] & 15) | packed[i - 4] >> 6 << 4;
        *min = packed[i + 4] >> 4 | packed[i] >> 6 << 4;
    }
}

#endif
