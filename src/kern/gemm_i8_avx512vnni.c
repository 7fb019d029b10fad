/* SPDX-License-Identifier: MIT
 * Four products and a sum are one instruction: vpdpbusd. */
#include "kern/level.h"

#include "kern/gemm_i8_store512.h"

enum { LANES = 16, VECTORS = 2, ROWS = 14 };
#define HEIGHTS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14)

typedef __m512i lhs, rhs, sums;

static inline lhs load_lhs(uint32_t four, uint32_t flip) {
    return _mm512_xor_si512(_mm512_set1_epi32((int)four), _mm512_set1_epi32((int)flip));
}
static inline rhs load_rhs(const int8_t *b) { return _mm512_loadu_si512(b); }
static inline sums dot(sums s, lhs a, rhs b) { return _mm512_dpbusd_epi32(s, a, b); }
static inline sums add(sums a, sums b) { return _mm512_add_epi32(a, b); }
#define FEW_ROWS 4
#define RHS_REGISTER "v"

#include "kern/gemm_i8_fours.inc"
