/* SPDX-License-Identifier: MIT
 * Bytes of four taps are woven so that sdot adds their products. */
#include "kern/depthwise_i8_neon.h"

LWI_INLINE void weave(codes a, codes b, codes c, codes d, woven x[WOVEN]) {
    const int8x16x2_t ac = vzipq_s8(a, c), bd = vzipq_s8(b, d);
    const int8x16x2_t low = vzipq_s8(ac.val[0], bd.val[0]), high = vzipq_s8(ac.val[1], bd.val[1]);
    x[0] = low.val[0];
    x[1] = low.val[1];
    x[2] = high.val[0];
    x[3] = high.val[1];
}

LWI_INLINE void load_weights(const int8_t *from, woven w[WOVEN]) {
    LWI_UNROLL for (int v = 0; v < WOVEN; v++) w[v] = vld1q_s8(from + v * 16);
}

LWI_INLINE void add(ints s[SUMS], const woven x[WOVEN], const woven w[WOVEN]) {
    LWI_UNROLL for (int v = 0; v < SUMS; v++) s[v] = vdotq_s32(s[v], x[v], w[v]);
}

#include "kern/depthwise_i8_blocks.inc"
