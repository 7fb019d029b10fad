/* SPDX-License-Identifier: MIT
 * The vectors of block_dot_values.inc where they have 256 bits. */
#include <immintrin.h>
#include <string.h>

#include "kern/block_layout.h"
#include "kern/level.h"

enum { LANES = 8 };
typedef __m256i ints;
typedef __m256 reals;

LWI_INLINE ints load(const uint8_t *p) { return _mm256_loadu_si256((const __m256i *)p); }
LWI_INLINE ints splat8(int x) { return _mm256_set1_epi8((char)x); }
LWI_INLINE ints both(ints x, ints y) { return _mm256_and_si256(x, y); }
LWI_INLINE ints shift_right(ints x, int n) { return _mm256_srli_epi16(x, n); }
LWI_INLINE ints shift_left(ints x, int n) { return _mm256_slli_epi16(x, n); }
LWI_INLINE ints pick(ints x, ints y, ints mask) {
    return _mm256_or_si256(x, _mm256_and_si256(y, mask));
}
LWI_INLINE ints look_up(const uint8_t *table, ints codes) {
    const __m128i sixteen = _mm_loadu_si128((const __m128i *)table);
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(sixteen), codes);
}
LWI_INLINE reals zero_reals(void) { return _mm256_setzero_ps(); }
LWI_INLINE reals splat(float x) { return _mm256_set1_ps(x); }
LWI_INLINE reals mul(reals x, reals y) { return _mm256_mul_ps(x, y); }
LWI_INLINE reals load_reals(const float *p) { return _mm256_loadu_ps(p); }
LWI_INLINE void store_reals(float *p, reals x) { _mm256_storeu_ps(p, x); }
LWI_INLINE reals add_product(reals x, reals y, reals z) { return _mm256_fmadd_ps(x, y, z); }
LWI_INLINE reals take_product(reals x, reals y, reals z) { return _mm256_fnmadd_ps(x, y, z); }
LWI_INLINE reals to_reals(ints x) { return _mm256_cvtepi32_ps(x); }

LWI_INLINE reals from_halves(const uint8_t *p) {
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p));
}
LWI_INLINE ints eight(const uint8_t *p) {
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p));
}
LWI_INLINE reals from_unsigned(const uint8_t *p, int shift, int bits) {
    const ints mask = _mm256_set1_epi32((1 << bits) - 1);
    return to_reals(_mm256_and_si256(_mm256_srli_epi32(eight(p), shift), mask));
}
LWI_INLINE reals from_signed(const uint8_t *p) {
    return to_reals(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)p)));
}
/* 2^(e - 128) */
LWI_INLINE reals from_powers(const uint8_t *p) {
    const ints e = _mm256_subs_epu16(eight(p), _mm256_set1_epi32(1));
    return _mm256_castsi256_ps(_mm256_slli_epi32(e, 23));
}

LWI_INLINE void store(float *y, reals x, const float *bias, size_t n) {
    float all[LANES];
    if (n == LANES) {
        _mm256_storeu_ps(y, bias ? _mm256_add_ps(x, _mm256_loadu_ps(bias)) : x);
        return;
    }
    _mm256_storeu_ps(all, x);
    for (size_t i = 0; i < n; i++)
        y[i] = all[i] + (bias ? bias[i] : 0);
}
