/* SPDX-License-Identifier: MIT
 * Four products and a sum are one instruction: sdot, which takes the four bytes of A from any
 * quarter of a vector. */
#include "kern/level.h"

#include <arm_neon.h>

enum { LANES = 4, VECTORS = 2, ROWS = 8 };
#define HEIGHTS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)

#include "kern/gemm_i8_store_neon.h"

typedef int8x16_t lhs, rhs;

static inline lhs load_lhs(uint32_t four, uint32_t flip) {
    return vreinterpretq_s8_u32(vdupq_n_u32(four ^ flip));
}
static inline rhs load_rhs(const int8_t *b) { return vld1q_s8(b); }
static inline sums dot(sums s, lhs a, rhs b) { return vdotq_s32(s, b, a); }

#define LONG_STEP 16
static inline lhs load_long(const uint8_t *a, uint32_t flip) {
    return vreinterpretq_s8_u8(veorq_u8(vld1q_u8(a), vreinterpretq_u8_u32(vdupq_n_u32(flip))));
}
LWI_INLINE sums dot_long(sums s, lhs a, const rhs b[4]) {
    s = vdotq_laneq_s32(s, b[0], a, 0);
    s = vdotq_laneq_s32(s, b[1], a, 1);
    s = vdotq_laneq_s32(s, b[2], a, 2);
    return vdotq_laneq_s32(s, b[3], a, 3);
}

#include "kern/gemm_i8_fours.inc"
