/* SPDX-License-Identifier: MIT
 * vpdpbusd of 256 bits, and as many registers as there are without AVX-512. */
#include "kern/level.h"

#include "kern/gemm_i8_store256.h"

enum { LANES = 8, VECTORS = 2, ROWS = 6 };
#define HEIGHTS(X) X(1) X(2) X(3) X(4) X(5) X(6)

typedef __m256i lhs, rhs, sums;

static inline lhs load_lhs(uint32_t four, uint32_t flip) {
    return _mm256_xor_si256(_mm256_set1_epi32((int)four), _mm256_set1_epi32((int)flip));
}
static inline rhs load_rhs(const int8_t *b) { return _mm256_loadu_si256((const __m256i *)b); }
static inline sums dot(sums s, lhs a, rhs b) { return _mm256_dpbusd_avx_epi32(s, a, b); }
static inline sums add(sums a, sums b) { return _mm256_add_epi32(a, b); }
#define FEW_ROWS 3

#include "kern/gemm_i8_fours.inc"
