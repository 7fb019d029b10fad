/* SPDX-License-Identifier: MIT
 * The kernel of block_dot.h with vpdpbusd. */
#include <immintrin.h>
#include <string.h>

#include "kern/block_layout.h"
#include "kern/level.h"

enum { LANES = 16, NEAR = 4, JOIN = 2, AHEAD = 4096 };
typedef __m512i ints;
typedef __m512 reals;

LWI_INLINE ints load(const uint8_t *p) { return _mm512_loadu_si512(p); }
LWI_INLINE ints splat8(int x) { return _mm512_set1_epi8((char)x); }
LWI_INLINE ints both(ints x, ints y) { return _mm512_and_si512(x, y); }
LWI_INLINE ints shift_right(ints x, int n) { return _mm512_srli_epi16(x, (unsigned)n); }
LWI_INLINE ints shift_left(ints x, int n) { return _mm512_slli_epi16(x, (unsigned)n); }
LWI_INLINE ints pick(ints x, ints y, ints mask) {
    return _mm512_or_si512(x, _mm512_and_si512(y, mask));
}
LWI_INLINE ints look_up(const uint8_t *table, ints codes) {
    const __m128i sixteen = _mm_loadu_si128((const __m128i *)table);
    return _mm512_shuffle_epi8(_mm512_broadcast_i32x4(sixteen), codes);
}
LWI_INLINE reals zero_reals(void) { return _mm512_setzero_ps(); }
LWI_INLINE reals splat(float x) { return _mm512_set1_ps(x); }
LWI_INLINE reals mul(reals x, reals y) { return _mm512_mul_ps(x, y); }
LWI_INLINE reals load_reals(const float *p) { return _mm512_loadu_ps(p); }
LWI_INLINE void store_reals(float *p, reals x) { _mm512_storeu_ps(p, x); }
LWI_INLINE reals add_product(reals x, reals y, reals z) { return _mm512_fmadd_ps(x, y, z); }
LWI_INLINE reals take_product(reals x, reals y, reals z) { return _mm512_fnmadd_ps(x, y, z); }
LWI_INLINE reals to_reals(ints x) { return _mm512_cvtepi32_ps(x); }

LWI_INLINE reals from_halves(const uint8_t *p) {
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p));
}
LWI_INLINE ints sixteen(const uint8_t *p) {
    return _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p));
}
LWI_INLINE reals from_unsigned(const uint8_t *p, int shift, int bits) {
    const ints mask = _mm512_set1_epi32((1 << bits) - 1);
    return to_reals(_mm512_and_si512(_mm512_srli_epi32(sixteen(p), (unsigned)shift), mask));
}
LWI_INLINE reals from_signed(const uint8_t *p) {
    return to_reals(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)p)));
}
/* 2^(e - 128) */
LWI_INLINE reals from_powers(const uint8_t *p) {
    const ints e = _mm512_subs_epu16(sixteen(p), _mm512_set1_epi32(1));
    return _mm512_castsi512_ps(_mm512_slli_epi32(e, 23));
}

LWI_INLINE void store(float *y, reals x, const float *bias, size_t n) {
    const __mmask16 mask = (__mmask16)(0xffffu >> (LANES - n));
    if (bias) x = _mm512_add_ps(x, _mm512_maskz_loadu_ps(mask, bias));
    _mm512_mask_storeu_ps(y, mask, x);
}

LWI_INLINE ints splat32(int32_t x) { return _mm512_set1_epi32(x); }
LWI_INLINE ints add_ints(ints x, ints y) { return _mm512_add_epi32(x, y); }
LWI_INLINE ints dot(ints sum, ints x, ints y) { return _mm512_dpbusd_epi32(sum, x, y); }
LWI_INLINE reals as_reals(ints x) { return _mm512_castsi512_ps(x); }
LWI_INLINE reals sub(reals x, reals y) { return _mm512_sub_ps(x, y); }

#include "kern/block_dot_dpbusd.inc"
