/* SPDX-License-Identifier: MIT
 * The kernel of block_dot.h with products of 16 bits: so many of them are added as cannot overflow.
 * (Numbers are at least -127.) */
#include "kern/block_dot_neon.h"

LWI_INLINE ints dots(const ints *v, const int8_t *a, int n, int most) {
    const int safe = most <= 127 ? 32767 / (127 * most) : 2;
    int32x4_t low = vdupq_n_s32(0), high = low; /* a row's columns in two lanes */
    int16x8_t few[2] = {vdupq_n_s16(0), vdupq_n_s16(0)};
    LWI_UNROLL for (int i = 0; i < n; i++) {
        int32_t numbers;
        memcpy(&numbers, a + 4 * i, sizeof numbers);
        const int8x16_t x = vreinterpretq_s8_s32(vdupq_n_s32(numbers));
        const int8x16_t w = vreinterpretq_s8_u8(v[i]);
        const bool first = i % safe == 0, last = i % safe == safe - 1 || i + 1 == n;
        few[0] = first ? vmull_s8(vget_low_s8(w), vget_low_s8(x))
                       : vmlal_s8(few[0], vget_low_s8(w), vget_low_s8(x));
        few[1] = first ? vmull_high_s8(w, x) : vmlal_high_s8(few[1], w, x);
        if (!last) continue;
        low = vpadalq_s16(low, few[0]);
        high = vpadalq_s16(high, few[1]);
    }
    return vreinterpretq_u8_s32(vpaddq_s32(low, high));
}

#include "kern/block_dot_halves.inc"
#include "kern/block_dot_wide.inc"
