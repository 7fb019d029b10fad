/* SPDX-License-Identifier: MIT
 * LWI_LANES float16 or bfloat16 numbers as a vector of floats (vector_f32.h). */
#ifndef LWI_KERN_VECTOR_HALF_H
#define LWI_KERN_VECTOR_HALF_H

#include "base/half.h"
#include "kern/vector_f32.h"

#if defined(__AVX512F__)
LWI_INLINE lwi_vec lwi_load_f16(const uint16_t *p) {
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(const void *)p));
}
LWI_INLINE lwi_vec lwi_load_bf16(const uint16_t *p) {
    const __m256i half = _mm256_loadu_si256((const __m256i *)(const void *)p);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
}
#elif defined(__AVX2__)
LWI_INLINE lwi_vec lwi_load_f16(const uint16_t *p) {
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)p));
}
LWI_INLINE lwi_vec lwi_load_bf16(const uint16_t *p) {
    const __m128i half = _mm_loadu_si128((const __m128i *)(const void *)p);
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(half), 16));
}
#else
LWI_INLINE lwi_vec lwi_load_f16(const uint16_t *p) {
    return (lwi_vec){lwi_f16_to_f32(p[0]), lwi_f16_to_f32(p[1]), lwi_f16_to_f32(p[2]),
                     lwi_f16_to_f32(p[3])};
}
LWI_INLINE lwi_vec lwi_load_bf16(const uint16_t *p) {
    return (lwi_vec){lwi_bf16_to_f32(p[0]), lwi_bf16_to_f32(p[1]), lwi_bf16_to_f32(p[2]),
                     lwi_bf16_to_f32(p[3])};
}
#endif

#endif
