/* SPDX-License-Identifier: MIT
 * Blocks of 256 numbers in groups with small scales of their own ("K"). */
#include "base/blocks_decode.h"

/* Numbers of 2 bits: 32 of each byte's pair of bits in turn, in two halves of 128. */
static int two_bits(const uint8_t *bytes, int i) {
    return bytes[i / 128 * 32 + i % 32] >> i % 128 / 32 * 2 & 3;
}

void lwi_block_decode_Q2_K(const uint8_t *block, float *to) {
    const float scale = lwi_block_half(block + 80), min = lwi_block_half(block + 82);
    for (int i = 0; i < 256; i++) {
        const uint8_t group = block[i / 16];
        to[i] = scale * (float)(group & 15) * (float)two_bits(block + 16, i) -
                min * (float)(group >> 4);
    }
}

void lwi_block_decode_Q3_K(const uint8_t *block, float *to) {
    const float scale = lwi_block_half(block + 108);
    for (int i = 0; i < 256; i++) {
        const int high = block[i % 32] >> i / 32 & 1;
        const float group = scale * (float)lwi_block_q3_scale(block + 96, i / 16);
        to[i] = group * (float)(two_bits(block + 32, i) - (high ? 0 : 4));
    }
}

/* Number i of 256 in nibbles: 32 low ones, then 32 high ones. */
static int nibble(const uint8_t *bytes, int i) {
    return bytes[i / 64 * 32 + i % 32] >> i % 64 / 32 * 4 & 15;
}

void lwi_block_decode_Q4_K(const uint8_t *block, float *to) {
    const float scale = lwi_block_half(block), min = lwi_block_half(block + 2);
    for (int i = 0; i < 256; i++) {
        int s, m;
        lwi_block_k_scale(block + 4, i / 32, &s, &m);
        to[i] = scale * (float)s * (float)nibble(block + 16, i) - min * (float)m;
    }
}

void lwi_block_decode_Q5_K(const uint8_t *block, float *to) {
    const float scale = lwi_block_half(block), min = lwi_block_half(block + 2);
    for (int i = 0; i < 256; i++) {
        int s, m;
        lwi_block_k_scale(block + 4, i / 32, &s, &m);
        const int high = block[16 + i % 32] >> i / 32 & 1;
        to[i] = scale * (float)s * (float)(nibble(block + 48, i) | high << 4) - min * (float)m;
    }
}

void lwi_block_decode_Q6_K(const uint8_t *block, float *to) {
    const float scale = lwi_block_half(block + 208);
    for (int i = 0; i < 256; i++) {
        const int half = i / 128, quarter = i % 128 / 32, lane = i % 32;
        const int low = block[half * 64 + quarter % 2 * 32 + lane] >> quarter / 2 * 4 & 15;
        const int high = block[128 + half * 32 + lane] >> quarter * 2 & 3;
        const float group = scale * (float)(int8_t)block[192 + i / 16];
        to[i] = group * (float)((low | high << 4) - 32);
    }
}
