/* SPDX-License-Identifier: MIT
 * How the 512-bit forms of gemm_i8.inc begin and end: start values, and stores with masks. */
#ifndef LWI_KERN_GEMM_I8_STORE512_H
#define LWI_KERN_GEMM_I8_STORE512_H

#include "kern/codes512.h"

LWI_INLINE __m512i load_sums(const int32_t *start) { return _mm512_loadu_si512(start); }

LWI_INLINE void subtract(__m512i *s, int32_t row_sum, const int32_t *zero_b) {
    const __m512i z = _mm512_loadu_si512(zero_b);
    *s = _mm512_sub_epi32(*s, _mm512_mullo_epi32(_mm512_set1_epi32(row_sum), z));
}

typedef lwi_coder coder;

LWI_INLINE coder coder_of(const lwi_i8_output *o) { return lwi_coder_of(o); }

/* Two rows at a time; the second may be the first again. */
LWI_INLINE void store_codes(const coder *c, const float *scale, const __m512i *s0,
                            const __m512i *s1, int vectors, size_t n, void *y0, void *y1) {
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    const __m512i a0 = lwi_round512(c, s0[0], scale), b0 = lwi_round512(c, s1[0], scale);
    const __m512i a1 = vectors == 1 ? a0 : lwi_round512(c, s0[1], scale + 16);
    const __m512i b1 = vectors == 1 ? b0 : lwi_round512(c, s1[1], scale + 16);
    const __m512i codes = _mm512_permutexvar_epi32(
        order, lwi_bytes512(c, lwi_shorts512(c, a0, a1), lwi_shorts512(c, b0, b1)));
    const __m256i first = _mm512_castsi512_si256(codes);
    const __m256i second = _mm512_extracti64x4_epi64(codes, 1);
    if (n == 32) {
        _mm256_storeu_si256(y0, first);
        _mm256_storeu_si256(y1, second);
    } else {
        const __mmask32 mask = (__mmask32)((1u << n) - 1);
        _mm256_mask_storeu_epi8(y0, mask, first);
        _mm256_mask_storeu_epi8(y1, mask, second);
    }
}

LWI_INLINE void store_row(const lwi_i8_output *o, lwi_i8_store store, const __m512i *s, int vectors,
                          size_t column, size_t n, void *y) {
    for (int v = 0; v < vectors; v++) {
        const size_t at = (size_t)v * 16, left = n - at;
        const __mmask16 mask = left < 16 ? (__mmask16)((1u << left) - 1) : 0xffff;
        if (store == LWI_I8_INT32) {
            _mm512_mask_storeu_epi32((int32_t *)y + at, mask, s[v]);
            continue;
        }
        __m512 x = _mm512_mul_ps(_mm512_cvtepi32_ps(s[v]), _mm512_loadu_ps(o->scale + column + at));
        if (o->addend) x = _mm512_add_ps(x, _mm512_loadu_ps(o->addend + column + at));
        _mm512_mask_storeu_ps((float *)y + at, mask, x);
    }
}

#endif
