/* SPDX-License-Identifier: MIT */
#include "kern/level.h"
#include "kern/nbits_dot.h"

#include <arm_neon.h>
#include <string.h>

/* 16 codes, one in a byte. */
LWI_INLINE uint8x16_t load_8(const uint8_t *p) { return vld1q_u8(p); }

LWI_INLINE uint8x16_t load_4(const uint8_t *p) {
    const uint8x8_t x = vld1_u8(p), low = vand_u8(x, vdup_n_u8(15)), high = vshr_n_u8(x, 4);
    return vcombine_u8(vzip1_u8(low, high), vzip2_u8(low, high));
}

/* A byte is four codes: each lane takes its own byte, and shifts. */
LWI_INLINE uint8x16_t load_2(const uint8_t *p) {
    static const uint8_t from[16] = {0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3};
    static const int8_t by[16] = {0, -2, -4, -6, 0, -2, -4, -6, 0, -2, -4, -6, 0, -2, -4, -6};
    uint32_t word;
    memcpy(&word, p, sizeof word);
    const uint8x16_t all = vreinterpretq_u8_u32(vdupq_n_u32(word));
    return vandq_u8(vshlq_u8(vqtbl1q_u8(all, vld1q_u8(from)), vld1q_s8(by)), vdupq_n_u8(3));
}

LWI_INLINE float32x4_t add_four(float32x4_t sum, const float *a, uint16x4_t codes,
                                float32x4_t zero) {
    const float32x4_t x = vsubq_f32(vcvtq_f32_u32(vmovl_u16(codes)), zero);
    return vfmaq_f32(sum, vld1q_f32(a), x);
}

#define DOT(NAME, LOAD, BITS)                                                                      \
    static float NAME(const float *a, const uint8_t *codes, const float *scales,                   \
                      const float *zeros, size_t blocks, size_t block) {                           \
        float32x4_t sum = vdupq_n_f32(0);                                                          \
        for (size_t b = 0; b < blocks; b++) {                                                      \
            const float32x4_t zero = vdupq_n_f32(zeros[b]);                                        \
            float32x4_t s[4];                                                                      \
            LWI_UNROLL for (int v = 0; v < 4; v++) s[v] = vdupq_n_f32(0);                          \
            for (size_t i = 0; i < block; i += 16, a += 16, codes += 2 * (BITS)) {                 \
                const uint8x16_t c = LOAD(codes);                                                  \
                const uint16x8_t low = vmovl_u8(vget_low_u8(c)), high = vmovl_high_u8(c);          \
                s[0] = add_four(s[0], a, vget_low_u16(low), zero);                                 \
                s[1] = add_four(s[1], a + 4, vget_high_u16(low), zero);                            \
                s[2] = add_four(s[2], a + 8, vget_low_u16(high), zero);                            \
                s[3] = add_four(s[3], a + 12, vget_high_u16(high), zero);                          \
            }                                                                                      \
            const float32x4_t part = vaddq_f32(vaddq_f32(s[0], s[1]), vaddq_f32(s[2], s[3]));      \
            sum = vfmaq_n_f32(sum, part, scales[b]);                                               \
        }                                                                                          \
        return vaddvq_f32(sum);                                                                    \
    }
#include "kern/nbits_dot_forms.inc"
