/* SPDX-License-Identifier: MIT
 * Blocks of GGUF files as float32 numbers. */
#include "base/blocks.h"
#include "base/half.h"

static float half_at(const uint8_t *bytes) {
    return lwi_f16_to_f32((uint16_t)(bytes[0] | bytes[1] << 8));
}

static void decode_f32(const uint8_t *block, float *to) { memcpy(to, block, sizeof *to); }
static void decode_f16(const uint8_t *block, float *to) { *to = half_at(block); }
static void decode_bf16(const uint8_t *block, float *to) {
    *to = lwi_bf16_to_f32((uint16_t)(block[0] | block[1] << 8));
}

static void decode_q4_0(const uint8_t *block, float *to) {
    const float scale = half_at(block);
    for (int i = 0; i < 16; i++) {
        to[i] = scale * (float)((block[2 + i] & 15) - 8);
        to[i + 16] = scale * (float)((block[2 + i] >> 4) - 8);
    }
}

static void decode_q8_0(const uint8_t *block, float *to) {
    const float scale = half_at(block);
    for (int i = 0; i < 32; i++) to[i] = scale * (float)(int8_t)block[2 + i];
}

typedef void decode_fn(const uint8_t *block, float *to);
static decode_fn *const decoders[LWI_BLOCK_IDS] = {
    [LWI_BLOCK_F32] = decode_f32,   [LWI_BLOCK_F16] = decode_f16,   [LWI_BLOCK_BF16] = decode_bf16,
    [LWI_BLOCK_Q4_0] = decode_q4_0, [LWI_BLOCK_Q8_0] = decode_q8_0,
};

void lwi_blocks_decode(const lwi_block_type *type, const void *blocks, size_t n, float *to) {
    const uint8_t *block = blocks;
    for (size_t i = 0; i < n; i += type->elements, block += type->bytes)
        decoders[type->id](block, to + i);
}
