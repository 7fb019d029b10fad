/* SPDX-License-Identifier: MIT */
#include "kern/level.h"
#include "kern/nbits_dot.h"

#include <immintrin.h>
#include <string.h>

/* 16 codes, one in a byte. */
static inline __m128i load_8(const uint8_t *p) { return _mm_loadu_si128((const __m128i *)p); }

static inline __m128i load_4(const uint8_t *p) {
    const __m128i mask = _mm_set1_epi8(15), x = _mm_loadl_epi64((const __m128i *)p);
    return _mm_unpacklo_epi8(_mm_and_si128(x, mask), _mm_and_si128(_mm_srli_epi16(x, 4), mask));
}

static inline __m128i load_2(const uint8_t *p) {
    int word;
    memcpy(&word, p, sizeof word);
    const __m128i mask = _mm_set1_epi8(3), x = _mm_cvtsi32_si128(word);
    const __m128i c0 = _mm_and_si128(x, mask), c1 = _mm_and_si128(_mm_srli_epi16(x, 2), mask);
    const __m128i c2 = _mm_and_si128(_mm_srli_epi16(x, 4), mask);
    const __m128i c3 = _mm_and_si128(_mm_srli_epi16(x, 6), mask);
    return _mm_unpacklo_epi16(_mm_unpacklo_epi8(c0, c1), _mm_unpacklo_epi8(c2, c3));
}

static inline float add_lanes(__m256 x) {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_shuffle_ps(s, s, 1)));
}

#define DOT(NAME, LOAD, BITS)                                                                      \
    static float NAME(const float *a, const uint8_t *codes, const float *scales,                   \
                      const float *zeros, size_t blocks, size_t block) {                           \
        __m256 sum = _mm256_setzero_ps();                                                          \
        for (size_t b = 0; b < blocks; b++) {                                                      \
            const __m256 zero = _mm256_set1_ps(zeros[b]);                                          \
            __m256 s0 = _mm256_setzero_ps(), s1 = s0;                                              \
            for (size_t i = 0; i < block; i += 16, a += 16, codes += 2 * (BITS)) {                 \
                const __m128i c = LOAD(codes);                                                     \
                const __m256 c0 = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(c));                     \
                const __m256 c1 =                                                                  \
                    _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_unpackhi_epi64(c, c)));            \
                s0 = _mm256_fmadd_ps(_mm256_loadu_ps(a), _mm256_sub_ps(c0, zero), s0);             \
                s1 = _mm256_fmadd_ps(_mm256_loadu_ps(a + 8), _mm256_sub_ps(c1, zero), s1);         \
            }                                                                                      \
            sum = _mm256_fmadd_ps(_mm256_set1_ps(scales[b]), _mm256_add_ps(s0, s1), sum);          \
        }                                                                                          \
        return add_lanes(sum);                                                                     \
    }
#include "kern/nbits_dot_forms.inc"
