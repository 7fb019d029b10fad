/* SPDX-License-Identifier: MIT
 * Blocks of 256 numbers in groups with small scales of their own ("K"): 2 and 3 bits. */
#include "base/blocks_encode.h"
#include "base/blocks_fit.h"

/* Two bits of each code: 32 of each byte's pairs of bits in turn, in two halves of 128. */
static void put_two_bits(const uint8_t *codes, uint8_t *to) {
    memset(to, 0, 64);
    for (int i = 0; i < 256; i++) {
        uint8_t *at = to + i / 128 * 32 + i % 32;
        *at = (uint8_t)(*at | (codes[i] & 3) << i % 128 / 32 * 2);
    }
}

void lwi_block_encode_Q2_K(const float *x, const float *w, uint8_t *block) {
    const lwi_block_shape shape = {16, 3, 15};
    lwi_block_affine fit;
    uint8_t codes[256];
    lwi_block_fit_affine(x, w, shape, &fit);
    lwi_block_affine_codes(x, shape, &fit, codes);
    for (int g = 0; g < 16; g++)
        block[g] = (uint8_t)(fit.s[g] | fit.m[g] << 4);
    put_two_bits(codes, block + 16);
    lwi_block_put_half(block + 80, fit.scale);
    lwi_block_put_half(block + 82, fit.min);
}

static int code_3(float x) { return lwi_block_round(x, -4, 3); }

/* 16 scales of 6 bits: the low four in nibbles, then the high two. */
static void put_q3_scales(const int8_t *scales, uint8_t *packed) {
    memset(packed, 0, 12);
    for (int i = 0; i < 16; i++) {
        const int s = scales[i] + 32;
        packed[i % 8] = (uint8_t)(packed[i % 8] | (s & 15) << i / 8 * 4);
        packed[8 + i % 4] = (uint8_t)(packed[8 + i % 4] | s >> 4 << i / 4 * 2);
    }
}

void lwi_block_encode_Q3_K(const float *x, const float *w, uint8_t *block) {
    float scales[16];
    lwi_block_linear fit;
    uint8_t codes[256];
    for (int g = 0; g < 16; g++)
        scales[g] = lwi_block_fit_scale(x + g * 16, w ? w + g * 16 : NULL, 16,
                                        (lwi_block_edges){-4, 3, 0.1F}, code_3);
    lwi_block_fit_linear(x, w, 16, scales, -32, code_3, &fit);
    memset(block, 0, 32);
    for (int i = 0; i < 256; i++) {
        const float scale = fit.scale * (float)fit.s[i / 16];
        codes[i] = (uint8_t)(code_3(x[i] * lwi_block_inverse(scale)) + 4);
        block[i % 32] = (uint8_t)(block[i % 32] | codes[i] >> 2 << i / 32);
    }
    put_two_bits(codes, block + 32);
    put_q3_scales(fit.s, block + 96);
    lwi_block_put_half(block + 108, fit.scale);
}
