/* SPDX-License-Identifier: MIT
 * The kernel of block_dot.h with sdot. */
#include "kern/block_dot_neon.h"

/* Four groups: as many numbers as a vector has. */
LWI_INLINE int32x4_t dots4(int32x4_t sum, const ints *v, const int8_t *a) {
    const int8x16_t x = vld1q_s8(a);
    sum = vdotq_laneq_s32(sum, vreinterpretq_s8_u8(v[0]), x, 0);
    sum = vdotq_laneq_s32(sum, vreinterpretq_s8_u8(v[1]), x, 1);
    sum = vdotq_laneq_s32(sum, vreinterpretq_s8_u8(v[2]), x, 2);
    return vdotq_laneq_s32(sum, vreinterpretq_s8_u8(v[3]), x, 3);
}

LWI_INLINE ints dots(const ints *v, const int8_t *a, int n, int most) {
    (void)most;
    int32x4_t sum = dots4(vdupq_n_s32(0), v, a);
    if (n == 8) sum = vaddq_s32(sum, dots4(vdupq_n_s32(0), v + 4, a + 16));
    return vreinterpretq_u8_s32(sum);
}

#include "kern/block_dot_halves.inc"
#include "kern/block_dot_wide.inc"
