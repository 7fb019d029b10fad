/* SPDX-License-Identifier: MIT
 * From int32 sums to 8-bit codes: what lwi_round_code does, for NEON. */
#ifndef LWI_KERN_ROUND_NEON_H
#define LWI_KERN_ROUND_NEON_H

#include "kern/level.h"

#include <arm_neon.h>

typedef struct lwi_coder {
    float32x4_t low, high;
    int32x4_t zero;
} lwi_coder;

LWI_INLINE lwi_coder lwi_coder_of(float low, float high, int32_t zero) {
    return (lwi_coder){vdupq_n_f32(low), vdupq_n_f32(high), vdupq_n_s32(zero)};
}

/* The greater of a number and NaN is the number. */
LWI_INLINE int32x4_t lwi_round4(const lwi_coder *c, int32x4_t sums, const float *scale) {
    const float32x4_t x = vmulq_f32(vcvtq_f32_s32(sums), vld1q_f32(scale));
    const float32x4_t inside = vminnmq_f32(vmaxnmq_f32(x, c->low), c->high);
    return vaddq_s32(vcvtnq_s32_f32(inside), c->zero);
}

LWI_INLINE uint8x8_t lwi_codes8(int32x4_t a, int32x4_t b) {
    const int16x8_t both = vcombine_s16(vmovn_s32(a), vmovn_s32(b));
    return vreinterpret_u8_s8(vmovn_s16(both));
}

#endif
