/* SPDX-License-Identifier: MIT
 * The kernel of block_dot.h with vpmaddubsw, whose sums of two products have 16 bits: so many of
 * them are added as cannot overflow. Values above 127 are made signed, and their signs move to the
 * numbers that they are multiplied with. */
#include <immintrin.h>
#include <string.h>

#include "kern/block_layout.h"
#include "kern/level.h"

enum { LANES = 8, MOST = 4, SIDE = 1 };
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

LWI_INLINE void prepare_values(ints v[8], bool wide) {
    LWI_UNROLL for (int i = 0; i < 8 && wide; i++) v[i] =
        _mm256_xor_si256(v[i], _mm256_set1_epi8((char)0x80));
}

/* Keeps the compiler from summing many pairs as a tree, for which there are too few registers. */
#define KEEP(v) __asm__("" : "+x"(v))

/* The sum of two products, 16 bits each. */
LWI_INLINE ints pairs(ints v, const int8_t *a, int most) {
    int32_t four;
    memcpy(&four, a, sizeof four);
    const ints x = _mm256_set1_epi32(four);
    if (most <= 127) return _mm256_maddubs_epi16(v, x);
    return _mm256_maddubs_epi16(_mm256_abs_epi8(v), _mm256_sign_epi8(x, v));
}

LWI_INLINE ints dots(const ints *v, const int8_t *a, int n, int most, int start) {
    const int safe = most <= 127 ? 32767 / (2 * 127 * most) : 1; /* pairs that cannot overflow */
    ints sum = most <= 127 ? _mm256_set1_epi32(start) : _mm256_setzero_si256();
    for (int i = 0; i < n; i += safe) {
        ints few = pairs(v[i], a + 4 * i, most);
        for (int k = 1; k < safe && i + k < n; k++) {
            few = _mm256_add_epi16(few, pairs(v[i + k], a + 4 * (i + k), most));
            if (safe >= n) KEEP(few);
        }
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(few, _mm256_set1_epi16(1)));
    }
    return sum;
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

#include "kern/block_dot_wide.inc"
