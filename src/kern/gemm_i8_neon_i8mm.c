/* SPDX-License-Identifier: MIT
 * Two rows times two columns, eight products each, are one instruction: smmla. */
#include "kern/level.h"

#include <arm_neon.h>

enum { LANES = 4, VECTORS = 4, ROWS = 6, UNIT = 2, STEP = 8 };
#define HEIGHTS(X) X(1) X(2) X(3) X(4) X(5) X(6)

#include "kern/gemm_i8_store_neon.h"

#include <stdbool.h>

typedef int8x16_t lhs;
typedef struct rhs {
    int8x16_t low, high; /* two columns each */
} rhs;
typedef struct partial {
    int32x4_t low, high; /* [row][column] */
} partial;

LWI_INLINE lhs load_lhs(const uint8_t *first, const uint8_t *second, uint32_t flip) {
    const uint8x16_t both = vcombine_u8(vld1_u8(first), vld1_u8(second));
    return vreinterpretq_s8_u8(veorq_u8(both, vreinterpretq_u8_u32(vdupq_n_u32(flip))));
}
LWI_INLINE rhs load_rhs(const int8_t *b, bool half) {
    (void)half;
    return (rhs){vld1q_s8(b), vld1q_s8(b + 16)};
}

LWI_INLINE partial multiply_add(partial p, lhs a, rhs b) {
    return (partial){vmmlaq_s32(p.low, a, b.low), vmmlaq_s32(p.high, a, b.high)};
}

LWI_INLINE void add_up(partial p, sums *first, sums *second) {
    const int64x2_t low = vreinterpretq_s64_s32(p.low), high = vreinterpretq_s64_s32(p.high);
    *first = vaddq_s32(*first, vreinterpretq_s32_s64(vzip1q_s64(low, high)));
    if (second) *second = vaddq_s32(*second, vreinterpretq_s32_s64(vzip2q_s64(low, high)));
}

#include "kern/gemm_i8_eights.inc"
