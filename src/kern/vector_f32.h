/* SPDX-License-Identifier: MIT
 * Vectors of LWI_LANES floats for the level that a file is compiled for (level.h). They add and
 * multiply with C's operators; the rest is here. */
#ifndef LWI_KERN_VECTOR_F32_H
#define LWI_KERN_VECTOR_F32_H

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kern/level.h"
#include "kern/loose_float.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
typedef __m512 lwi_vec;
typedef __mmask16 lwi_part;
/* The first n lanes; all for more. */
LWI_INLINE lwi_part lwi_part_of(size_t n) {
    return n < 16 ? (lwi_part)((1u << n) - 1) : (lwi_part)0xffff;
}
LWI_INLINE lwi_vec lwi_load(const float *p) { return _mm512_loadu_ps(p); }
LWI_INLINE void lwi_store(float *p, lwi_vec v) { _mm512_storeu_ps(p, v); }
LWI_INLINE lwi_vec lwi_load_part(const float *p, lwi_part m) { return _mm512_maskz_loadu_ps(m, p); }
LWI_INLINE void lwi_store_part(float *p, lwi_part m, lwi_vec v) { _mm512_mask_storeu_ps(p, m, v); }
LWI_INLINE lwi_vec lwi_splat(float x) { return _mm512_set1_ps(x); }
LWI_INLINE lwi_vec lwi_fma(lwi_vec a, lwi_vec b, lwi_vec c) { return _mm512_fmadd_ps(a, b, c); }
/* x within [low, high]; NaN stays. */
LWI_INLINE lwi_vec lwi_clamp(lwi_vec x, lwi_vec low, lwi_vec high) {
    return _mm512_min_ps(high, _mm512_max_ps(low, x));
}
/* a > b ? a : b */
LWI_INLINE lwi_vec lwi_max(lwi_vec a, lwi_vec b) { return _mm512_max_ps(a, b); }
/* The larger one; NaN if one of them is. */
LWI_INLINE lwi_vec lwi_max_or_nan(lwi_vec a, lwi_vec b) {
    return _mm512_mask_mov_ps(_mm512_max_ps(b, a), _mm512_cmp_ps_mask(b, b, _CMP_UNORD_Q), b);
}
LWI_INLINE lwi_vec lwi_sqrt(lwi_vec v) { return _mm512_sqrt_ps(v); }
/* a / b, where inverse is 1 / b: the first guess is corrected once (P. Markstein, 1990), if it is
 * finite. */
LWI_INLINE lwi_vec lwi_quotient(lwi_vec a, lwi_vec b, lwi_vec inverse) {
    const lwi_vec guess = a * inverse;
    const lwi_vec rest = _mm512_max_ps(_mm512_fnmadd_ps(guess, b, a), lwi_splat(-FLT_MAX));
    return _mm512_fmadd_ps(rest, inverse, guess);
}
/* Neighbours change places: those of 8, 4, 2 lanes and of one. */
LWI_INLINE lwi_vec lwi_swap_8(lwi_vec v) { return _mm512_shuffle_f32x4(v, v, 0x4e); }
LWI_INLINE lwi_vec lwi_swap_4(lwi_vec v) { return _mm512_shuffle_f32x4(v, v, 0xb1); }
LWI_INLINE lwi_vec lwi_swap_2(lwi_vec v) { return _mm512_permute_ps(v, 0x4e); }
LWI_INLINE lwi_vec lwi_swap_1(lwi_vec v) { return _mm512_permute_ps(v, 0xb1); }
/* Every second lane of a and then of b, from the first or from the second on. */
LWI_INLINE lwi_vec lwi_evens(lwi_vec a, lwi_vec b) {
    const __m512i at = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    return _mm512_permutex2var_ps(a, at, b);
}
LWI_INLINE lwi_vec lwi_odds(lwi_vec a, lwi_vec b) {
    const __m512i at = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
    return _mm512_permutex2var_ps(a, at, b);
}
LWI_INLINE float lwi_add_lanes(lwi_vec v) { return _mm512_reduce_add_ps(v); }
LWI_INLINE float lwi_max_lanes(lwi_vec v) { return _mm512_reduce_max_ps(v); }
/* Lanes of a in the part, of b elsewhere. */
LWI_INLINE lwi_vec lwi_either(lwi_part m, lwi_vec a, lwi_vec b) {
    return _mm512_mask_blend_ps(m, b, a);
}
LWI_INLINE int lwi_has_nan(lwi_vec v) { return _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q) != 0; }

#elif defined(__AVX2__)
typedef __m256 lwi_vec;
typedef __m256i lwi_part;
LWI_INLINE lwi_part lwi_part_of(size_t n) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), lane);
}
LWI_INLINE lwi_vec lwi_load(const float *p) { return _mm256_loadu_ps(p); }
LWI_INLINE void lwi_store(float *p, lwi_vec v) { _mm256_storeu_ps(p, v); }
LWI_INLINE lwi_vec lwi_load_part(const float *p, lwi_part m) { return _mm256_maskload_ps(p, m); }
LWI_INLINE void lwi_store_part(float *p, lwi_part m, lwi_vec v) { _mm256_maskstore_ps(p, m, v); }
LWI_INLINE lwi_vec lwi_splat(float x) { return _mm256_set1_ps(x); }
LWI_INLINE lwi_vec lwi_fma(lwi_vec a, lwi_vec b, lwi_vec c) { return _mm256_fmadd_ps(a, b, c); }
LWI_INLINE lwi_vec lwi_clamp(lwi_vec x, lwi_vec low, lwi_vec high) {
    return _mm256_min_ps(high, _mm256_max_ps(low, x));
}
LWI_INLINE lwi_vec lwi_max(lwi_vec a, lwi_vec b) { return _mm256_max_ps(a, b); }
LWI_INLINE lwi_vec lwi_max_or_nan(lwi_vec a, lwi_vec b) {
    return _mm256_or_ps(_mm256_max_ps(b, a), _mm256_cmp_ps(b, b, _CMP_UNORD_Q));
}
LWI_INLINE lwi_vec lwi_sqrt(lwi_vec v) { return _mm256_sqrt_ps(v); }
LWI_INLINE lwi_vec lwi_quotient(lwi_vec a, lwi_vec b, lwi_vec inverse) {
    const lwi_vec guess = a * inverse;
    const lwi_vec rest = _mm256_max_ps(_mm256_fnmadd_ps(guess, b, a), lwi_splat(-FLT_MAX));
    return _mm256_fmadd_ps(rest, inverse, guess);
}
LWI_INLINE lwi_vec lwi_swap_8(lwi_vec v) { return v; }
LWI_INLINE lwi_vec lwi_swap_4(lwi_vec v) { return _mm256_permute2f128_ps(v, v, 1); }
LWI_INLINE lwi_vec lwi_swap_2(lwi_vec v) { return _mm256_permute_ps(v, 0x4e); }
LWI_INLINE lwi_vec lwi_swap_1(lwi_vec v) { return _mm256_permute_ps(v, 0xb1); }
LWI_INLINE lwi_vec lwi_in_quarters(lwi_vec v) {
    return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(v), 0xd8));
}
LWI_INLINE lwi_vec lwi_evens(lwi_vec a, lwi_vec b) {
    return lwi_in_quarters(_mm256_shuffle_ps(a, b, 0x88));
}
LWI_INLINE lwi_vec lwi_odds(lwi_vec a, lwi_vec b) {
    return lwi_in_quarters(_mm256_shuffle_ps(a, b, 0xdd));
}
LWI_INLINE int lwi_has_nan(lwi_vec v) {
    return _mm256_movemask_ps(_mm256_cmp_ps(v, v, _CMP_UNORD_Q)) != 0;
}
LWI_INLINE float lwi_add_lanes(lwi_vec v) {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_shuffle_ps(s, s, 1)));
}
LWI_INLINE float lwi_max_lanes(lwi_vec v) {
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(s, _mm_shuffle_ps(s, s, 1)));
}
LWI_INLINE lwi_vec lwi_either(lwi_part m, lwi_vec a, lwi_vec b) {
    return _mm256_blendv_ps(b, a, _mm256_castsi256_ps(m));
}

#else
typedef float lwi_vec __attribute__((vector_size(16)));
typedef size_t lwi_part;
LWI_INLINE lwi_part lwi_part_of(size_t n) { return n; }
LWI_INLINE lwi_vec lwi_load(const float *p) {
    lwi_vec v;
    memcpy(&v, p, sizeof v);
    return v;
}
LWI_INLINE void lwi_store(float *p, lwi_vec v) { memcpy(p, &v, sizeof v); }
/* As in the other functions, p need not be aligned. */
LWI_INLINE lwi_vec lwi_load_part(const lwi_loose *p, lwi_part n) {
    return (lwi_vec){n > 0 ? p[0] : 0, n > 1 ? p[1] : 0, n > 2 ? p[2] : 0, n > 3 ? p[3] : 0};
}
LWI_INLINE void lwi_store_part(lwi_loose *p, lwi_part n, lwi_vec v) {
    for (size_t i = 0; i < 4 && i < n; i++)
        p[i] = v[i];
}
LWI_INLINE lwi_vec lwi_splat(float x) { return (lwi_vec){x, x, x, x}; }
LWI_INLINE lwi_vec lwi_fma(lwi_vec a, lwi_vec b, lwi_vec c) {
#if defined(__wasm_relaxed_simd__)
    return __builtin_wasm_relaxed_madd_f32x4(a, b, c);
#else
    return a * b + c;
#endif
}
LWI_INLINE lwi_vec lwi_clamp(lwi_vec x, lwi_vec low, lwi_vec high) {
    typedef int32_t mask __attribute__((vector_size(16)));
    const mask below = x<low, above = x> high;
    const mask y = (below & (mask)low) | (above & (mask)high) | (~(below | above) & (mask)x);
    return (lwi_vec)y;
}
LWI_INLINE lwi_vec lwi_max(lwi_vec a, lwi_vec b) {
    typedef int32_t mask __attribute__((vector_size(16)));
    const mask more = a > b;
    return (lwi_vec)((more & (mask)a) | (~more & (mask)b));
}
LWI_INLINE lwi_vec lwi_max_or_nan(lwi_vec a, lwi_vec b) {
    typedef int32_t mask __attribute__((vector_size(16)));
    const mask keep = (a > b) | (a != a);
    return (lwi_vec)((keep & (mask)a) | (~keep & (mask)b));
}
LWI_INLINE lwi_vec lwi_sqrt(lwi_vec v) {
    return (lwi_vec){sqrtf(v[0]), sqrtf(v[1]), sqrtf(v[2]), sqrtf(v[3])};
}
LWI_INLINE lwi_vec lwi_quotient(lwi_vec a, lwi_vec b, lwi_vec inverse) {
    (void)inverse;
    return a / b;
}
LWI_INLINE lwi_vec lwi_swap_8(lwi_vec v) { return v; }
LWI_INLINE lwi_vec lwi_swap_4(lwi_vec v) { return v; }
LWI_INLINE lwi_vec lwi_swap_2(lwi_vec v) { return __builtin_shufflevector(v, v, 2, 3, 0, 1); }
LWI_INLINE lwi_vec lwi_swap_1(lwi_vec v) { return __builtin_shufflevector(v, v, 1, 0, 3, 2); }
LWI_INLINE lwi_vec lwi_evens(lwi_vec a, lwi_vec b) {
    return __builtin_shufflevector(a, b, 0, 2, 4, 6);
}
LWI_INLINE lwi_vec lwi_odds(lwi_vec a, lwi_vec b) {
    return __builtin_shufflevector(a, b, 1, 3, 5, 7);
}
LWI_INLINE int lwi_has_nan(lwi_vec v) {
    return v[0] != v[0] || v[1] != v[1] || v[2] != v[2] || v[3] != v[3];
}
LWI_INLINE float lwi_add_lanes(lwi_vec v) { return (v[0] + v[2]) + (v[1] + v[3]); }
LWI_INLINE float lwi_max_lanes(lwi_vec v) {
    const float a = v[0] > v[2] ? v[0] : v[2], b = v[1] > v[3] ? v[1] : v[3];
    return a > b ? a : b;
}
LWI_INLINE lwi_vec lwi_either(lwi_part n, lwi_vec a, lwi_vec b) {
    for (size_t i = n; i < 4; i++)
        a[i] = b[i];
    return a;
}
#endif

typedef uint32_t lwi_words __attribute__((vector_size(sizeof(lwi_vec))));

/* The largest lane; NaN if one is. */
LWI_INLINE float lwi_max_or_nan_lanes(lwi_vec v) {
    v = lwi_max_or_nan(v, lwi_swap_8(v));
    v = lwi_max_or_nan(v, lwi_swap_4(v));
    v = lwi_max_or_nan(v, lwi_swap_2(v));
    return lwi_max_or_nan(v, lwi_swap_1(v))[0];
}

#endif
