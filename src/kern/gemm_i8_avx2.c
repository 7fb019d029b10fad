/* SPDX-License-Identifier: MIT */
#include "kern/level.h"

#include "kern/gemm_i8.h"

#include <string.h>

#include <immintrin.h>

enum { LANES = 8, VECTORS = 2, ROWS = 4 };
#define HEIGHTS(X) X(1) X(2) X(3) X(4)

typedef __m256i integers;
#define VECTOR(name) _mm256_##name
#define _mm256_AND _mm256_and_si256
#include "kern/gemm_i8_madd.h"

static inline sums load_sums(const int32_t *start) {
    return _mm256_loadu_si256((const __m256i *)start);
}

static inline void subtract(sums *s, int32_t row_sum, const int32_t *zero_b) {
    *s = _mm256_sub_epi32(*s, _mm256_mullo_epi32(_mm256_set1_epi32(row_sum), load_sums(zero_b)));
}

#include "kern/gemm_i8_store.h"

#include "kern/gemm_i8_fours.inc"
