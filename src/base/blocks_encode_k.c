/* SPDX-License-Identifier: MIT
 * Blocks of 256 numbers in groups with small scales of their own ("K"): 4 to 6 bits. */
#include "base/blocks_encode.h"
#include "base/blocks_fit.h"

static void put_k_scale(uint8_t *packed, int i, int scale, int min) {
    if (i < 4) {
        packed[i] = (uint8_t)(packed[i] | scale);
        packed[i + 4] = (uint8_t)(packed[i + 4] | min);
    } else {
        packed[i + 4] = (uint8_t)((scale & 15) | (min & 15) << 4);
        packed[i - 4] = (uint8_t)(packed[i - 4] | scale >> 4 << 6);
        packed[i] = (uint8_t)(packed[i] | min >> 4 << 6);
    }
}

/* The head of Q4_K and Q5_K (16 bytes) and the codes. */
static void encode_k(const float *x, const float *w, int most, uint8_t *block, uint8_t *codes) {
    const lwi_block_shape shape = {32, most, 63};
    lwi_block_affine fit;
    lwi_block_fit_affine(x, w, shape, &fit);
    memset(block, 0, 16);
    lwi_block_put_half(block, fit.scale);
    lwi_block_put_half(block + 2, fit.min);
    for (int g = 0; g < 8; g++)
        put_k_scale(block + 4, g, fit.s[g], fit.m[g]);
    lwi_block_affine_codes(x, shape, &fit, codes);
}

/* 32 low nibbles, then 32 high ones, of each 64 codes. */
static void put_nibbles(const uint8_t *codes, uint8_t *to) {
    for (int i = 0; i < 128; i++) {
        const uint8_t *pair = codes + i / 32 * 64 + i % 32;
        to[i] = (uint8_t)((pair[0] & 15) | (pair[32] & 15) << 4);
    }
}

void lwi_block_encode_Q4_K(const float *x, const float *w, uint8_t *block) {
    uint8_t codes[256];
    encode_k(x, w, 15, block, codes);
    put_nibbles(codes, block + 16);
}

void lwi_block_encode_Q5_K(const float *x, const float *w, uint8_t *block) {
    uint8_t codes[256];
    encode_k(x, w, 31, block, codes);
    memset(block + 16, 0, 32);
    for (int i = 0; i < 256; i++)
        block[16 + i % 32] = (uint8_t)(block[16 + i % 32] | codes[i] >> 4 << i / 32);
    put_nibbles(codes, block + 48);
}

static int code_6(float x) { return lwi_block_round(x, -32, 31); }

void lwi_block_encode_Q6_K(const float *x, const float *w, uint8_t *block) {
    float scales[16];
    lwi_block_linear fit;
    for (int g = 0; g < 16; g++)
        scales[g] = lwi_block_fit_scale(x + g * 16, w ? w + g * 16 : NULL, 16,
                                        (lwi_block_edges){-32, 31, 0.1F}, code_6);
    lwi_block_fit_linear(x, w, 16, scales, -128, code_6, &fit);
    memset(block, 0, 210);
    lwi_block_put_half(block + 208, fit.scale);
    for (int i = 0; i < 256; i++) {
        const int s = fit.s[i / 16];
        const int code = code_6(x[i] * lwi_block_inverse(fit.scale * (float)s)) + 32;
        const int half = i / 128, quarter = i % 128 / 32, lane = i % 32;
        uint8_t *low = block + half * 64 + quarter % 2 * 32 + lane;
        uint8_t *high = block + 128 + half * 32 + lane;
        *low = (uint8_t)(*low | (code & 15) << quarter / 2 * 4);
        *high = (uint8_t)(*high | code >> 4 << quarter * 2);
        block[192 + i / 16] = (uint8_t)(int8_t)s;
    }
}
