/* SPDX-License-Identifier: MIT
 * Products of bytes have 16 bits, and so has what is left of 0 when two of them are subtracted (two
 * of -128 * -128 would be one too much to add). So sums are of the opposite sign; those of a column
 * come in two lanes. */
#include "kern/level.h"

#include <arm_neon.h>

enum { LANES = 4, VECTORS = 2, ROWS = 4, UNIT = 1, STEP = 4 };
#define HEIGHTS(X) X(1) X(2) X(3) X(4)

#include "kern/gemm_i8_store_neon.h"

#include <stdbool.h>

typedef struct lhs {
    int8x16_t first, second; /* four numbers, four times */
} lhs;
typedef struct rhs {
    int8x16_t first, second; /* four numbers of four columns */
} rhs;
typedef struct partial {
    int32x4_t low, high; /* of the first two columns, and of the others */
} partial;

LWI_INLINE int8x16_t load_four(const uint8_t *a, uint32_t flip) {
    uint32_t four;
    memcpy(&four, a, sizeof four);
    return vreinterpretq_s8_u32(veorq_u32(vdupq_n_u32(four), vdupq_n_u32(flip)));
}
LWI_INLINE lhs load_lhs(const uint8_t *a, const uint8_t *same, uint32_t flip) {
    (void)same;
    return (lhs){load_four(a, flip), load_four(a + 4, flip)};
}
LWI_INLINE rhs load_rhs(const int8_t *b, bool half) {
    return (rhs){vld1q_s8(b), half ? vdupq_n_s8(0) : vld1q_s8(b + 4 * VECTORS * LANES)};
}

LWI_INLINE partial multiply_add(partial p, lhs a, rhs b) {
    const int16x8_t zero = vdupq_n_s16(0);
    const int16x8_t low = vmlsl_s8(vmlsl_s8(zero, vget_low_s8(a.first), vget_low_s8(b.first)),
                                   vget_low_s8(a.second), vget_low_s8(b.second));
    const int16x8_t high = vmlsl_high_s8(vmlsl_high_s8(zero, a.first, b.first), a.second, b.second);
    return (partial){vpadalq_s16(p.low, low), vpadalq_s16(p.high, high)};
}

LWI_INLINE void add_up(partial p, sums *first, sums *second) {
    (void)second;
    *first = vsubq_s32(*first, vpaddq_s32(p.low, p.high));
}

#include "kern/gemm_i8_eights.inc"
