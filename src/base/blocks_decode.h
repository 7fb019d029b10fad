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

/* Scale i of 16, 6 bits: the low four in 8 bytes, the high two in 4 (Q3_K). */
static inline int lwi_block_q3_scale(const uint8_t *packed, int i) {
    const int low = i < 8 ? packed[i] & 15 : packed[i - 8] >> 4;
    return (low | (packed[8 + i % 4] >> i / 4 * 2 & 3) << 4) - 32;
}

/* Scale i of 8 of an IQ4_XS block. */
static inline int lwi_block_iq4_scale(const uint8_t *block, int i) {
    const int high = block[2] | block[3] << 8;
    return ((block[4 + i / 2] >> i % 2 * 4 & 15) | (high >> i * 2 & 3) << 4) - 32;
}

#endif
