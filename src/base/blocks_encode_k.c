/* SPDX-License-Identifier: MIT
 * Blocks of 256 numbers in groups with small scales of their own ("K"), and IQ4_NL, whose codes are
 * not evenly spaced: of several scales that which gives the least squared error, each improved by
 * linear regression on its codes. */
#include "base/blocks_encode.h"

#include <math.h>

enum { STEPS = 20 }; /* scales tried for a group */

/* A group of 32 numbers as scale * code - min, min >= 0. */
typedef struct group_fit {
    float scale, min;
} group_fit;

static void range_with_zero(const float *x, float *min, float *max) {
    *min = *max = 0;
    for (int i = 0; i < 32; i++) {
        if (x[i] < *min) *min = x[i];
        if (x[i] > *max) *max = x[i];
    }
}

static double error_of(const float *x, int most, group_fit f) {
    const float inverse = lwi_block_inverse(f.scale);
    double sum = 0;
    for (int i = 0; i < 32; i++) {
        const int code = lwi_block_round((x[i] + f.min) * inverse, 0, most);
        const double d = (double)(f.scale * (float)code - f.min - x[i]);
        sum += d * d;
    }
    return sum;
}

/* The best scale and min for the codes that f gives. */
static group_fit regress(const float *x, int most, group_fit f) {
    const float inverse = lwi_block_inverse(f.scale);
    double c = 0, cc = 0, sum = 0, cx = 0;
    for (int i = 0; i < 32; i++) {
        const double code = lwi_block_round((x[i] + f.min) * inverse, 0, most);
        c += code;
        cc += code * code;
        sum += (double)x[i];
        cx += code * (double)x[i];
    }
    const double determinant = 32 * cc - c * c;
    if (!(determinant > 0)) return f;
    const double min = (c * cx - cc * sum) / determinant;
    if (min < 0) return (group_fit){(float)(cx / cc), 0};
    return (group_fit){(float)((32 * cx - c * sum) / determinant), (float)min};
}

static group_fit fit_group(const float *x, int most) {
    float min, max;
    range_with_zero(x, &min, &max);
    group_fit best = {(max - min) / (float)most, -min};
    double least = error_of(x, most, best);
    for (int i = 0; i <= STEPS; i++) {
        const float levels = (float)most - 1 + 0.1F * (float)i;
        const group_fit f = regress(x, most, (group_fit){(max - min) / levels, -min});
        const double error = error_of(x, most, f);
        if (error < least) {
            least = error;
            best = f;
        }
    }
    return best;
}

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

/* Scales and mins of 6 bits that are best together for a group: neighbours of the nearest. */
static void round_fit(const float *x, int most, group_fit f, float scale, float min, int *s,
                      int *m) {
    const int near_s = lwi_block_round(f.scale * lwi_block_inverse(scale), 0, 63);
    const int near_m = lwi_block_round(f.min * lwi_block_inverse(min), 0, 63);
    double least = INFINITY;
    *s = near_s;
    *m = near_m;
    for (int i = -1; i <= 1; i++)
        for (int j = -1; j <= 1; j++) {
            const int a = near_s + i, b = near_m + j;
            if (a < 0 || a > 63 || b < 0 || b > 63) continue;
            const double error = error_of(x, most, (group_fit){scale * (float)a, min * (float)b});
            if (error < least) {
                least = error;
                *s = a;
                *m = b;
            }
        }
}

/* The head of Q4_K and Q5_K (16 bytes) and the codes. */
static void encode_k(const float *x, int most, uint8_t *block, uint8_t *codes) {
    group_fit fits[8];
    float scale = 0, min = 0;
    for (int g = 0; g < 8; g++) {
        fits[g] = fit_group(x + g * 32, most);
        scale = fmaxf(scale, fits[g].scale);
        min = fmaxf(min, fits[g].min);
    }
    memset(block, 0, 16);
    scale = lwi_block_put_half(block, scale / 63);
    min = lwi_block_put_half(block + 2, min / 63);
    for (int g = 0; g < 8; g++) {
        int s, m;
        round_fit(x + g * 32, most, fits[g], scale, min, &s, &m);
        put_k_scale(block + 4, g, s, m);
        const float inverse = lwi_block_inverse(scale * (float)s), low = min * (float)m;
        for (int i = g * 32; i < g * 32 + 32; i++)
            codes[i] = (uint8_t)lwi_block_round((x[i] + low) * inverse, 0, most);
    }
}

/* 32 low nibbles, then 32 high ones, of each 64 codes. */
static void put_nibbles(const uint8_t *codes, uint8_t *to) {
    for (int i = 0; i < 128; i++) {
        const uint8_t *pair = codes + i / 32 * 64 + i % 32;
        to[i] = (uint8_t)((pair[0] & 15) | (pair[32] & 15) << 4);
    }
}

void lwi_block_encode_Q4_K(const float *x, uint8_t *block) {
    uint8_t codes[256];
    encode_k(x, 15, block, codes);
    put_nibbles(codes, block + 16);
}

void lwi_block_encode_Q5_K(const float *x, uint8_t *block) {
    uint8_t codes[256];
    encode_k(x, 31, block, codes);
    memset(block + 16, 0, 32);
    for (int i = 0; i < 256; i++)
        block[16 + i % 32] = (uint8_t)(block[16 + i % 32] | codes[i] >> 4 << i / 32);
    put_nibbles(codes, block + 48);
}

/* The scale of n numbers for codes that `code` chooses: maximises the part of the sum of squares
 * that is explained. `edge` is the code of the number farthest from 0, give or take some steps. */
static float fit_scale(const float *x, int n, float edge, float width, int (*code)(float)) {
    float most = 0, best = 0;
    double explained = 0;
    for (int i = 0; i < n; i++)
        if (fabsf(x[i]) > fabsf(most)) most = x[i];
    for (int step = -STEPS / 2; step <= STEPS / 2; step++) {
        const float inverse = lwi_block_inverse(most / (edge + width * (float)step));
        double cc = 0, cx = 0;
        for (int i = 0; i < n; i++) {
            const double c = code(x[i] * inverse);
            cc += c * c;
            cx += c * (double)x[i];
        }
        if (cc > 0 && cx * cx / cc > explained) {
            explained = cx * cx / cc;
            best = (float)(cx / cc);
        }
    }
    return best;
}

static int code_6(float x) { return lwi_block_round(x, -32, 31); }

void lwi_block_encode_Q6_K(const float *x, uint8_t *block) {
    float scales[16], most = 0;
    for (int g = 0; g < 16; g++) {
        scales[g] = fit_scale(x + g * 16, 16, -32, 0.1F, code_6);
        if (fabsf(scales[g]) > fabsf(most)) most = scales[g];
    }
    memset(block, 0, 210);
    const float scale = lwi_block_put_half(block + 208, most / -128);
    for (int i = 0; i < 256; i++) {
        const int s = lwi_block_round(scales[i / 16] * lwi_block_inverse(scale), -128, 127);
        const int code = code_6(x[i] * lwi_block_inverse(scale * (float)s)) + 32;
        const int half = i / 128, quarter = i % 128 / 32, lane = i % 32;
        uint8_t *low = block + half * 64 + quarter % 2 * 32 + lane;
        uint8_t *high = block + 128 + half * 32 + lane;
        *low = (uint8_t)(*low | (code & 15) << quarter / 2 * 4);
        *high = (uint8_t)(*high | code >> 4 << quarter * 2);
        block[192 + i / 16] = (uint8_t)(int8_t)s;
    }
}

static int nearest(float x) {
    int best = 0;
    for (int i = 1; i < 16; i++)
        if (fabsf(x - (float)lwi_iq4_values[i]) < fabsf(x - (float)lwi_iq4_values[best])) best = i;
    return best;
}

static int code_uneven(float x) { return lwi_iq4_values[nearest(x)]; }

void lwi_block_encode_IQ4_NL(const float *x, uint8_t *block) {
    const float scale = lwi_block_put_half(block, fit_scale(x, 32, -127, 1, code_uneven));
    const float inverse = lwi_block_inverse(scale);
    for (int i = 0; i < 16; i++)
        block[2 + i] = (uint8_t)(nearest(x[i] * inverse) | nearest(x[i + 16] * inverse) << 4);
}
