/* SPDX-License-Identifier: MIT
 * IQ4_NL and IQ4_XS, whose codes of 4 bits are not evenly spaced. */
#include "base/blocks_encode.h"
#include "base/blocks_fit.h"

/* By halving: the values rise. */
static int nearest(float x) {
    int at = 0;
    for (int step = 8; step > 0; step /= 2) {
        const int sum = lwi_iq4_values[at + step - 1] + lwi_iq4_values[at + step];
        if (2 * x > (float)sum) at += step;
    }
    return at;
}

static const lwi_block_edges edges = {-127, 113, 1};

static int code_uneven(float x) { return lwi_iq4_values[nearest(x)]; }

/* 32 numbers: the first 16 in low nibbles, the others in high ones. */
static void put_nearest(const float *x, float scale, uint8_t *to) {
    const float inverse = lwi_block_inverse(scale);
    for (int i = 0; i < 16; i++)
        to[i] = (uint8_t)(nearest(x[i] * inverse) | nearest(x[i + 16] * inverse) << 4);
}

void lwi_block_encode_IQ4_NL(const float *x, const float *w, uint8_t *block) {
    const float scale = lwi_block_fit_scale(x, w, 32, edges, code_uneven);
    put_nearest(x, lwi_block_put_half(block, scale), block + 2);
}

void lwi_block_encode_IQ4_XS(const float *x, const float *w, uint8_t *block) {
    float scales[8];
    lwi_block_linear fit;
    for (int g = 0; g < 8; g++)
        scales[g] = lwi_block_fit_scale(x + g * 32, w ? w + g * 32 : NULL, 32, edges, code_uneven);
    lwi_block_fit_linear(x, w, 32, scales, -32, code_uneven, &fit);
    memset(block, 0, 8);
    lwi_block_put_half(block, fit.scale);
    for (int g = 0; g < 8; g++) {
        const int s = fit.s[g] + 32;
        block[2 + g / 4] = (uint8_t)(block[2 + g / 4] | s >> 4 << g % 4 * 2);
        block[4 + g / 2] = (uint8_t)(block[4 + g / 2] | (s & 15) << g % 2 * 4);
        put_nearest(x + g * 32, fit.scale * (float)fit.s[g], block + 8 + g * 16);
    }
}
