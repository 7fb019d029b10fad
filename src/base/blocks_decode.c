/* SPDX-License-Identifier: MIT
 * Blocks of GGUF files as float32 numbers: plain numbers, and blocks with one scale. */
#include "base/blocks_decode.h"

static lwi_block_decode_fn *const decoders[LWI_BLOCK_IDS] = {
#define LWI_BLOCK(id, name, ident, elements, bytes) [id] = lwi_block_decode_##ident,
#include "base/blocks.def"
#undef LWI_BLOCK
};

void lwi_blocks_decode(const lwi_block_type *type, const void *blocks, size_t n, float *to) {
    const uint8_t *block = blocks;
    for (size_t i = 0; i < n; i += type->elements, block += type->bytes)
        decoders[type->id](block, to + i);
}

void lwi_block_decode_F32(const uint8_t *block, float *to) { memcpy(to, block, sizeof *to); }

void lwi_block_decode_F16(const uint8_t *block, float *to) { *to = lwi_block_half(block); }

void lwi_block_decode_BF16(const uint8_t *block, float *to) {
    *to = lwi_bf16_to_f32((uint16_t)(block[0] | block[1] << 8));
}

void lwi_block_decode_Q4_0(const uint8_t *block, float *to) {
    const float scale = lwi_block_half(block);
    for (int i = 0; i < 16; i++) {
        to[i] = scale * (float)((block[2 + i] & 15) - 8);
        to[i + 16] = scale * (float)((block[2 + i] >> 4) - 8);
    }
}

void lwi_block_decode_Q4_1(const uint8_t *block, float *to) {
    const float scale = lwi_block_half(block), min = lwi_block_half(block + 2);
    for (int i = 0; i < 16; i++) {
        to[i] = scale * (float)(block[4 + i] & 15) + min;
        to[i + 16] = scale * (float)(block[4 + i] >> 4) + min;
    }
}

/* Number i of 32 with its fifth bit. */
static int five_bits(const uint8_t *high, const uint8_t *low, int i) {
    const int four = i < 16 ? low[i] & 15 : low[i - 16] >> 4;
    return four | (high[i / 8] >> i % 8 & 1) << 4;
}

void lwi_block_decode_Q5_0(const uint8_t *block, float *to) {
    const float scale = lwi_block_half(block);
    for (int i = 0; i < 32; i++)
        to[i] = scale * (float)(five_bits(block + 2, block + 6, i) - 16);
}

void lwi_block_decode_Q5_1(const uint8_t *block, float *to) {
    const float scale = lwi_block_half(block), min = lwi_block_half(block + 2);
    for (int i = 0; i < 32; i++)
        to[i] = scale * (float)five_bits(block + 4, block + 8, i) + min;
}

void lwi_block_decode_Q8_0(const uint8_t *block, float *to) {
    const float scale = lwi_block_half(block);
    for (int i = 0; i < 32; i++)
        to[i] = scale * (float)(int8_t)block[2 + i];
}

void lwi_block_decode_Q8_K(const uint8_t *block, float *to) {
    float scale;
    memcpy(&scale, block, sizeof scale);
    for (int i = 0; i < 256; i++)
        to[i] = scale * (float)(int8_t)block[4 + i];
}

void lwi_block_decode_Q1_0(const uint8_t *block, float *to) {
    const float scale = lwi_block_half(block);
    for (int i = 0; i < 128; i++)
        to[i] = block[2 + i / 8] >> i % 8 & 1 ? scale : -scale;
}

void lwi_block_decode_Q2_0(const uint8_t *block, float *to) {
    const float scale = lwi_block_half(block);
    for (int i = 0; i < 64; i++)
        to[i] = scale * (float)((block[2 + i / 4] >> i % 4 * 2 & 3) - 1);
}
