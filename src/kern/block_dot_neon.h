/* SPDX-License-Identifier: MIT
 * What the forms of block_dot_wide.inc for NEON share. Values are int8 in the end: small ones are
 * so anyhow, wide ones lose the 128 that was added. */
#include <arm_neon.h>
#include <string.h>

#include "kern/block_layout.h"
#include "kern/level.h"

enum { LANES = 4, SIGNED = 1, JOIN = 1, AHEAD = 1024 };
typedef uint8x16_t ints;
typedef float32x4_t reals;

LWI_INLINE ints load(const uint8_t *p) { return vld1q_u8(p); }
LWI_INLINE ints splat8(int x) { return vdupq_n_u8((uint8_t)x); }
LWI_INLINE ints both(ints x, ints y) { return vandq_u8(x, y); }
LWI_INLINE ints shift_right(ints x, int n) { return x >> splat8(n); }
LWI_INLINE ints shift_left(ints x, int n) { return x << splat8(n); }
LWI_INLINE ints pick(ints x, ints y, ints mask) { return vorrq_u8(x, vandq_u8(y, mask)); }
LWI_INLINE ints look_up(const uint8_t *table, ints codes) {
    return vqtbl1q_u8(vld1q_u8(table), codes);
}
LWI_INLINE reals zero_reals(void) { return vdupq_n_f32(0); }
LWI_INLINE reals splat(float x) { return vdupq_n_f32(x); }
LWI_INLINE reals mul(reals x, reals y) { return vmulq_f32(x, y); }
LWI_INLINE reals load_reals(const float *p) { return vld1q_f32(p); }
LWI_INLINE void store_reals(float *p, reals x) { vst1q_f32(p, x); }
LWI_INLINE reals add_product(reals x, reals y, reals z) { return vfmaq_f32(z, x, y); }
LWI_INLINE reals take_product(reals x, reals y, reals z) { return vfmsq_f32(z, x, y); }
LWI_INLINE reals to_reals(ints x) { return vcvtq_f32_s32(vreinterpretq_s32_u8(x)); }

LWI_INLINE reals from_halves(const uint8_t *p) {
    return vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(p)));
}
LWI_INLINE uint16x4_t four(const uint8_t *p) {
    uint32_t bytes;
    memcpy(&bytes, p, sizeof bytes);
    return vget_low_u16(vmovl_u8(vcreate_u8(bytes)));
}
LWI_INLINE reals from_unsigned(const uint8_t *p, int shift, int bits) {
    const uint32x4_t mask = vdupq_n_u32((1u << bits) - 1);
    return vcvtq_f32_u32(vandq_u32(vmovl_u16(four(p)) >> vdupq_n_u32((uint32_t)shift), mask));
}
LWI_INLINE reals from_signed(const uint8_t *p) {
    const int16x4_t up = vreinterpret_s16_u16(vshl_n_u16(four(p), 8));
    return vcvtq_f32_s32(vmovl_s16(vshr_n_s16(up, 8)));
}
/* 2^(e - 128) */
LWI_INLINE reals from_powers(const uint8_t *p) {
    const uint16x4_t e = vqsub_u16(four(p), vdup_n_u16(1));
    return vreinterpretq_f32_u32(vshlq_n_u32(vmovl_u16(e), 23));
}

LWI_INLINE void prepare_values(ints v[8], bool wide) {
    LWI_UNROLL for (int i = 0; i < 8 && wide; i++) v[i] = veorq_u8(v[i], splat8(0x80));
}

LWI_INLINE void store(float *y, reals x, const float *bias, size_t n) {
    if (n == LANES) {
        vst1q_f32(y, bias ? vaddq_f32(x, vld1q_f32(bias)) : x);
        return;
    }
    for (size_t i = 0; i < n; i++)
        y[i] = (i == 0   ? vgetq_lane_f32(x, 0)
                : i == 1 ? vgetq_lane_f32(x, 1)
                         : vgetq_lane_f32(x, 2)) +
               (bias ? bias[i] : 0);
}

#include "kern/block_dot_values.inc"
