/* SPDX-License-Identifier: MIT
 * How the 512-bit forms of gemm_i8.inc begin and end: start values, and stores with masks. */
#ifndef LWI_KERN_GEMM_I8_STORE512_H
#define LWI_KERN_GEMM_I8_STORE512_H

#include "kern/gemm_i8.h"

#include <immintrin.h>

static inline __m512i load_sums(const int32_t *start) { return _mm512_loadu_si512(start); }

static inline void subtract(__m512i *s, int32_t row_sum, const int32_t *zero_b) {
    const __m512i z = _mm512_loadu_si512(zero_b);
    *s = _mm512_sub_epi32(*s, _mm512_mullo_epi32(_mm512_set1_epi32(row_sum), z));
}

/* min returns its second operand if one is NaN, which then becomes the least int32; so do numbers
 * below all int32. Both saturate to the lowest code. */
static inline __m512i round_codes(const lwi_i8_output *o, __m512i s, const float *scale) {
    const __m512 x = _mm512_mul_ps(_mm512_cvtepi32_ps(s), _mm512_loadu_ps(scale));
    return _mm512_cvtps_epi32(_mm512_min_ps(_mm512_set1_ps(o->high), x));
}

/* The codes of two vectors, as 16 bits, in their order. */
static inline __m512i to_codes(const lwi_i8_output *o, __m512i a, __m512i b) {
    const __m512i order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
    const __m512i x =
        _mm512_adds_epi16(_mm512_packs_epi32(a, b), _mm512_set1_epi16((short)o->zero));
    return _mm512_permutexvar_epi64(
        order, _mm512_max_epi16(x, _mm512_set1_epi16((short)((int)o->low + o->zero))));
}

static inline void store_bytes(const lwi_i8_output *o, const __m512i *s, int vectors, size_t column,
                               size_t n, void *y) {
    const float *scale = o->scale + column;
    const __m512i a = round_codes(o, s[0], scale);
    const __m512i b = vectors == 1 ? a : round_codes(o, s[1], scale + 16);
    const __m256i codes = _mm512_cvtepi16_epi8(to_codes(o, a, b));
    if (n == 32) _mm256_storeu_si256(y, codes);
    else _mm256_mask_storeu_epi8(y, (__mmask32)((1u << n) - 1), codes);
}

static inline void store_row(const lwi_i8_output *o, lwi_i8_store store, const __m512i *s,
                             int vectors, size_t column, size_t n, void *y) {
    if (store == LWI_I8_BYTES) {
        store_bytes(o, s, vectors, column, n, y);
        return;
    }
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
