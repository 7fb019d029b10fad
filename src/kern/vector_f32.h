/* SPDX-License-Identifier: MIT
 * Vectors of LWI_LANES floats for the level that a file is compiled for (level.h). They add and
 * multiply with C's operators; the rest is here. */
#ifndef LWI_KERN_VECTOR_F32_H
#define LWI_KERN_VECTOR_F32_H

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
LWI_INLINE lwi_vec lwi_fma(lwi_vec a, lwi_vec b, lwi_vec c) { return a * b + c; }
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

#endif
