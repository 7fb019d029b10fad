/* SPDX-License-Identifier: MIT
 * Blocks whose numbers are chosen from codebooks, 8 or 4 at a time ("IQ"). */
#include "base/blocks_decode.h"
#include "base/iq_grids.h"

static uint32_t word(const uint8_t *bytes) {
    return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static int short_at(const uint8_t *bytes) { return bytes[0] | bytes[1] << 8; }

/* Seven signs, and an eighth that makes their number even. */
static uint8_t even_signs(uint32_t seven) {
    uint32_t parity = seven ^ seven >> 4;
    parity ^= parity >> 2;
    parity ^= parity >> 1;
    return (uint8_t)((seven & 127) | (parity & 1) << 7);
}

/* 8 numbers of a codebook with 2 bits each */
static void eight(uint16_t codes, const float levels[3], float scale, uint8_t signs, float *to) {
    for (int j = 0; j < 8; j++)
        to[j] = scale * levels[codes >> 2 * j & 3] * (signs >> j & 1 ? -1.0f : 1.0f);
}

static const float two_bit_levels[3] = {8, 25, 43};

void lwi_block_decode_IQ2_XXS(const uint8_t *block, float *to) {
    const float scale = lwi_block_half(block);
    for (int i = 0; i < 32; i++) {
        const uint8_t *group = block + 2 + i / 4 * 8;
        const uint32_t rest = word(group + 4);
        const float s = scale * (0.5f + (float)(rest >> 28)) * 0.25f;
        eight(lwi_grid_iq2_xxs[group[i % 4]], two_bit_levels, s,
              even_signs(rest >> i % 4 * 7 & 127), to + 8 * i);
    }
}

/* Nibble i as a scale (0.5 + nibble) / 4 */
static float nibble_scale(const uint8_t *bytes, int i) {
    return (0.5f + (float)(bytes[i / 2] >> i % 2 * 4 & 15)) * 0.25f;
}

void lwi_block_decode_IQ2_XS(const uint8_t *block, float *to) {
    const float scale = lwi_block_half(block);
    for (int i = 0; i < 32; i++) {
        const int code = short_at(block + 2 + 2 * i);
        eight(lwi_grid_iq2_xs[code & 511], two_bit_levels, scale * nibble_scale(block + 66, i / 2),
              even_signs((uint32_t)code >> 9), to + 8 * i);
    }
}

void lwi_block_decode_IQ2_S(const uint8_t *block, float *to) {
    const float scale = lwi_block_half(block);
    for (int i = 0; i < 32; i++) {
        const int code = block[2 + i] | (block[66 + i / 4] >> i % 4 * 2 & 3) << 8;
        eight(lwi_grid_iq2_s[code], two_bit_levels, scale * nibble_scale(block + 74, i / 2),
              block[34 + i], to + 8 * i);
    }
}

/* 4 numbers of a codebook with 3 bits each: first + step * code, or from a table */
static void four(uint16_t codes, const float levels[8], float scale, int signs, float *to) {
    for (int j = 0; j < 4; j++)
        to[j] = scale * levels[codes >> 3 * j & 7] * (signs >> j & 1 ? -1.0f : 1.0f);
}

void lwi_block_decode_IQ3_XXS(const uint8_t *block, float *to) {
    static const float levels[8] = {4, 12, 20, 28, 36, 44, 52, 62};
    const float scale = lwi_block_half(block);
    for (int i = 0; i < 64; i++) {
        const uint32_t rest = word(block + 66 + i / 8 * 4);
        const float s = scale * (0.5f + (float)(rest >> 28)) * 0.5f;
        const uint8_t signs = even_signs(rest >> i % 8 / 2 * 7 & 127);
        four(lwi_grid_iq3_xxs[block[2 + i]], levels, s, signs >> i % 2 * 4, to + 4 * i);
    }
}

void lwi_block_decode_IQ3_S(const uint8_t *block, float *to) {
    static const float levels[8] = {1, 3, 5, 7, 9, 11, 13, 15};
    const float scale = lwi_block_half(block);
    for (int i = 0; i < 64; i++) {
        const int code = block[2 + i] | (block[66 + i / 8] >> i % 8 & 1) << 8, group = i / 8;
        const int s = block[106 + group / 2] >> group % 2 * 4 & 15;
        four(lwi_grid_iq3_s[code], levels, scale * (float)(1 + 2 * s),
             block[74 + i / 2] >> i % 2 * 4, to + 4 * i);
    }
}

/* 8 numbers -1, 0 or 1, moved by an eighth */
static void moved_eight(int code, float delta, float scale, float *to) {
    const uint16_t codes = lwi_grid_iq1_s[code];
    for (int j = 0; j < 8; j++)
        to[j] = scale * ((float)(codes >> 2 * j & 3) - 1 + delta);
}

void lwi_block_decode_IQ1_S(const uint8_t *block, float *to) {
    const float scale = lwi_block_half(block);
    for (int i = 0; i < 32; i++) {
        const int high = short_at(block + 34 + i / 4 * 2);
        const float delta = high & 0x8000 ? -0.125f : 0.125f;
        moved_eight(block[2 + i] | (high >> i % 4 * 3 & 7) << 8, delta,
                    scale * (float)(2 * (high >> 12 & 7) + 1), to + 8 * i);
    }
}

/* The scale of the block is in the highest bits of four words of small scales. */
void lwi_block_decode_IQ1_M(const uint8_t *block, float *to) {
    int bits = 0;
    for (int i = 0; i < 4; i++)
        bits |= short_at(block + 48 + 2 * i) >> 12 << 4 * i;
    const float scale = lwi_f16_to_f32((uint16_t)bits);
    for (int i = 0; i < 32; i++) {
        const int s = short_at(block + 48 + i / 8 * 2) >> i % 8 / 2 * 3 & 7;
        const int high = block[32 + i / 2] >> i % 2 * 4;
        moved_eight(block[i] | (high & 7) << 8, high & 8 ? -0.125f : 0.125f,
                    scale * (float)(2 * s + 1), to + 8 * i);
    }
}
