/* SPDX-License-Identifier: MIT
 * Taps stay apart: weights are put in their order instead. As in gemm_i8_neon.c, two products are
 * subtracted in 16 bits, which cannot overflow. */
#include "kern/depthwise_i8_neon.h"

LWI_INLINE void weave(codes a, codes b, codes c, codes d, woven x[WOVEN]) {
    x[0] = a;
    x[1] = b;
    x[2] = c;
    x[3] = d;
}

LWI_INLINE void load_weights(const int8_t *from, woven w[WOVEN]) {
    const int8x16x4_t taps = vld4q_s8(from);
    LWI_UNROLL for (int t = 0; t < WOVEN; t++) w[t] = taps.val[t];
}

LWI_INLINE void add(ints s[SUMS], const woven x[WOVEN], const woven w[WOVEN]) {
    LWI_UNROLL for (int t = 0; t < WOVEN; t += 2) {
        const int16x8_t zero = vdupq_n_s16(0);
        const int16x8_t low = vmlsl_s8(vmlsl_s8(zero, vget_low_s8(x[t]), vget_low_s8(w[t])),
                                       vget_low_s8(x[t + 1]), vget_low_s8(w[t + 1]));
        const int16x8_t high = vmlsl_high_s8(vmlsl_high_s8(zero, x[t], w[t]), x[t + 1], w[t + 1]);
        s[0] = vsubw_s16(s[0], vget_low_s16(low));
        s[1] = vsubw_high_s16(s[1], low);
        s[2] = vsubw_s16(s[2], vget_low_s16(high));
        s[3] = vsubw_high_s16(s[3], high);
    }
}

#include "kern/depthwise_i8_blocks.inc"
