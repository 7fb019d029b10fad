/* SPDX-License-Identifier: MIT
 * Encoders of single blocks, by family. */
#ifndef LWI_BLOCKS_ENCODE_H
#define LWI_BLOCKS_ENCODE_H

#include "base/blocks.h"
#include "base/half.h"

/* One block of the type from float32 numbers. w: how much the square of each one's error counts;
 * NULL: all the same. */
typedef void lwi_block_encode_fn(const float *x, const float *w, uint8_t *block);

static inline double lwi_block_weight(const float *w, int i) { return w ? (double)w[i] : 1; }

/* clang-format off */
#define LWI_ENCODED(X) \
    X(F32) X(F16) X(BF16) X(Q4_0) X(Q4_1) X(Q5_0) X(Q5_1) X(Q8_0) \
    X(Q2_K) X(Q3_K) X(Q4_K) X(Q5_K) X(Q6_K) X(IQ4_NL) X(IQ4_XS) X(IQ1_S) \
    X(IQ1_M) X(IQ2_XXS) X(IQ2_XS) X(IQ2_S) X(IQ3_XXS) X(IQ3_S) X(TQ1_0) X(TQ2_0) \
    X(MXFP4)
/* clang-format on */
#define LWI_DECLARE_ENCODER(ident)                                                                 \
    void lwi_block_encode_##ident(const float *x, const float *w, uint8_t *block);
LWI_ENCODED(LWI_DECLARE_ENCODER)
#undef LWI_DECLARE_ENCODER

/* Half-precision x, little-endian; the number that a reader will see. */
static inline float lwi_block_put_half(uint8_t *bytes, float x) {
    const uint16_t h = lwi_f32_to_f16(x);
    bytes[0] = (uint8_t)(h & 255);
    bytes[1] = (uint8_t)(h >> 8);
    return lwi_f16_to_f32(h);
}

/* x as a half holds it. */
static inline float lwi_block_as_half(float x) { return lwi_f16_to_f32(lwi_f32_to_f16(x)); }

/* x without its fraction, in [low, high]; NaN is low. */
static inline int lwi_block_cut(float x, int low, int high) {
    return x >= (float)high ? high : x > (float)low ? (int)x : low;
}

/* The whole number nearest to x, in [low, high]; NaN is low. */
static inline int lwi_block_round(float x, int low, int high) {
    return lwi_block_cut(x + (x < 0 ? -0.5F : 0.5F), low, high);
}

static inline float lwi_block_inverse(float x) { return x != 0 ? 1 / x : 0; }

#endif
