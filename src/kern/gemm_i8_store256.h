/* SPDX-License-Identifier: MIT
 * How the 256-bit form of gemm_i8.inc begins and ends: start values, and stores. */
#ifndef LWI_KERN_GEMM_I8_STORE256_H
#define LWI_KERN_GEMM_I8_STORE256_H

#include "kern/gemm_i8.h"
#include "kern/level.h"

#include <string.h>

#include <immintrin.h>

LWI_INLINE __m256i load_sums(const int32_t *start) {
    return _mm256_loadu_si256((const __m256i *)start);
}

LWI_INLINE void subtract(__m256i *s, int32_t row_sum, const int32_t *zero_b) {
    *s = _mm256_sub_epi32(*s, _mm256_mullo_epi32(_mm256_set1_epi32(row_sum), load_sums(zero_b)));
}

typedef struct coder {
    __m256 low, high;
    __m256i zero;
} coder;

LWI_INLINE coder coder_of(const lwi_i8_output *o) {
    return (coder){_mm256_set1_ps(o->low), _mm256_set1_ps(o->high), _mm256_set1_epi32(o->zero)};
}

/* The codes' low bytes; NaN becomes low. */
LWI_INLINE __m256i codes_of(const coder *c, __m256i s, const float *scale) {
    const __m256 x = _mm256_mul_ps(_mm256_cvtepi32_ps(s), _mm256_loadu_ps(scale));
    const __m256 inside = _mm256_min_ps(_mm256_max_ps(x, c->low), c->high);
    const __m256i code = _mm256_add_epi32(_mm256_cvtps_epi32(inside), c->zero);
    return _mm256_and_si256(code, _mm256_set1_epi32(0xff));
}

LWI_INLINE void store_bytes(__m128i codes, size_t n, void *y) {
    char row[16];
    if (n == 16) {
        _mm_storeu_si128(y, codes);
    } else if (n == 8) {
        _mm_storel_epi64(y, codes);
    } else {
        _mm_storeu_si128((__m128i *)row, codes);
        memcpy(y, row, n);
    }
}

/* Two rows at a time; the second may be the first again. */
LWI_INLINE void store_codes(const coder *c, const float *scale, const __m256i *s0,
                            const __m256i *s1, int vectors, size_t n, void *y0, void *y1) {
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    const __m256i a0 = codes_of(c, s0[0], scale), b0 = codes_of(c, s1[0], scale);
    const __m256i a1 = vectors == 1 ? a0 : codes_of(c, s0[1], scale + 8);
    const __m256i b1 = vectors == 1 ? b0 : codes_of(c, s1[1], scale + 8);
    const __m256i bytes =
        _mm256_packus_epi16(_mm256_packus_epi32(a0, a1), _mm256_packus_epi32(b0, b1));
    const __m256i codes = _mm256_permutevar8x32_epi32(bytes, order);
    store_bytes(_mm256_castsi256_si128(codes), n, y0);
    store_bytes(_mm256_extracti128_si256(codes, 1), n, y1);
}

LWI_INLINE void store_row(const lwi_i8_output *o, lwi_i8_store store, const __m256i *s, int vectors,
                          size_t column, size_t n, void *y) {
    const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    for (int v = 0; v < vectors; v++) {
        const size_t at = (size_t)v * 8;
        const __m256i mask = _mm256_cmpgt_epi32(_mm256_set1_epi32((int)(n - at)), lanes);
        if (store == LWI_I8_INT32) {
            _mm256_maskstore_epi32((int32_t *)y + at, mask, s[v]);
            continue;
        }
        __m256 x = _mm256_mul_ps(_mm256_cvtepi32_ps(s[v]), _mm256_loadu_ps(o->scale + column + at));
        if (o->addend) x = _mm256_add_ps(x, _mm256_loadu_ps(o->addend + column + at));
        _mm256_maskstore_ps((float *)y + at, mask, x);
    }
}

#endif
