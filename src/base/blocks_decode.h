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

/* The IQ types with codebooks: number j of the i-th eight of a block is
 * block's scale * unit * small scale * levels[codes[j]]. */
typedef struct lwi_iq_type {
    uint32_t id;
    int (*read)(const uint8_t *block, int i, uint8_t codes[8]); /* k of the small scale 2 k + 1 */
    float unit;
    int8_t levels[16];
} lwi_iq_type;
/* NULL: the type is none of these. */
const lwi_iq_type *lwi_iq_find(uint32_t id);
/* The block's scale in float16. */
uint16_t lwi_iq_half(uint32_t id, const uint8_t *block);
/* Codes, and the small scale. */
int lwi_iq_eight(const lwi_iq_type *type, const uint8_t *block, int i, uint8_t codes[8]);

/* A scale of NVFP4: 4 bits of exponent and 3 of fraction; the eighth bit is not used, but one code
 * means 0. */
float lwi_block_ue4m3(uint8_t code);
/* Number i of a TQ1_0 block, 0 to 2. */
int lwi_block_tq1_code(const uint8_t *block, int i);

/* Scale i of 8 of an IQ4_XS block. */
static inline int lwi_block_iq4_scale(const uint8_t *block, int i) {
    const int high = block[2] | block[3] << 8;
    return ((block[4 + i / 2] >> i % 2 * 4 & 15) | (high >> i * 2 & 3) << 4) - 32;
}

#endif
