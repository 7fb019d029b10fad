/* SPDX-License-Identifier: MIT
 * Blocks of signs, of three values, and of floats of 4 bits. */
#include "base/blocks_encode.h"

#include <math.h>

static float largest(const float *x, int n) {
    float most = 0;
    for (int i = 0; i < n; i++)
        if (fabsf(x[i]) > most) most = fabsf(x[i]);
    return most;
}

/* 0, 1 or 2. */
static int three_values(float x) { return lwi_block_round(x, -1, 1) + 1; }

/* Digits to base 3, the first the highest, `apart` numbers from each other, as a fraction of 256.
 */
static uint8_t digits(const float *x, int n, int apart, float inverse) {
    int sum = 0;
    for (int i = 0; i < 5; i++)
        sum = sum * 3 + (i < n ? three_values(x[i * apart] * inverse) : 0);
    return (uint8_t)((sum * 256 + 242) / 243);
}

void lwi_block_encode_TQ1_0(const float *x, const float *w, uint8_t *block) {
    const float scale = largest(x, 256), inverse = lwi_block_inverse(scale);
    (void)w;
    for (int i = 0; i < 32; i++)
        block[i] = digits(x + i, 5, 32, inverse);
    for (int i = 0; i < 16; i++)
        block[32 + i] = digits(x + 160 + i, 5, 16, inverse);
    for (int i = 0; i < 4; i++)
        block[48 + i] = digits(x + 240 + i, 4, 4, inverse);
    lwi_block_put_half(block + 52, scale);
}

void lwi_block_encode_TQ2_0(const float *x, const float *w, uint8_t *block) {
    const float scale = largest(x, 256), inverse = lwi_block_inverse(scale);
    (void)w;
    memset(block, 0, 64);
    for (int i = 0; i < 256; i++) {
        uint8_t *at = block + i / 128 * 32 + i % 32;
        *at = (uint8_t)(*at | three_values(x[i] * inverse) << i % 128 / 32 * 2);
    }
    lwi_block_put_half(block + 64, scale);
}

/* The code of the nearest number of E2M1, the smaller of two that are as near. */
static int code_fp4(float x) {
    static const float middles[7] = {0.25F, 0.75F, 1.25F, 1.75F, 2.5F, 3.5F, 5};
    int code = 0;
    while (code < 7 && fabsf(x) > middles[code])
        code++;
    return code | (x < 0 && code ? 8 : 0);
}

static double error_fp4(const float *x, const float *w, int n, float scale) {
    static const float values[8] = {0, 0.5F, 1, 1.5F, 2, 3, 4, 6};
    const float inverse = lwi_block_inverse(scale);
    double sum = 0;
    for (int i = 0; i < n; i++) {
        const double d = (double)(fabsf(x[i]) - scale * values[code_fp4(x[i] * inverse) & 7]);
        sum += lwi_block_weight(w, i) * d * d;
    }
    return sum;
}

/* Of the powers of two near the largest number that with the least error. */
void lwi_block_encode_MXFP4(const float *x, const float *w, uint8_t *block) {
    const float most = largest(x, 32);
    int exponent = 0, best = 0;
    double least = INFINITY;
    frexpf(most, &exponent); /* most = f * 2^exponent, f from 0.5 */
    const int near = most > 0 && most < INFINITY ? exponent - 3 + 127 : 0;
    for (int e = near > 0 ? near - 1 : 0; e <= near + 1 && e < 255 && most > 0; e++) {
        const double error = error_fp4(x, w, 32, ldexpf(1, e - 127));
        if (!(error < least)) continue;
        least = error;
        best = e;
    }
    const float inverse = ldexpf(1, 127 - best);
    block[0] = (uint8_t)best;
    for (int i = 0; i < 16; i++)
        block[1 + i] = (uint8_t)(code_fp4(x[i] * inverse) | code_fp4(x[i + 16] * inverse) << 4);
}
