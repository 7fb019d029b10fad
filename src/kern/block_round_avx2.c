/* SPDX-License-Identifier: MIT
 * Rounds rows to 8 bits (block_dot.h). */
#include <immintrin.h>

#include "kern/block_dot.h"
#include "kern/level.h"

LWI_INLINE float largest(__m256 x) {
    __m128 m = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    m = _mm_max_ps(m, _mm_movehl_ps(m, m));
    return _mm_cvtss_f32(_mm_max_ss(m, _mm_movehdup_ps(m)));
}

LWI_INLINE int32_t total(__m256i x) {
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1)));
}

lwi_block_round_fn LWI_AT(block_round);
void LWI_AT(block_round)(const float *x, size_t parts, size_t step, int8_t *a,
                         lwi_block_sums *sums) {
    const __m256 sign = _mm256_set1_ps(-0.0f);
    for (size_t b = 0; b < parts; b++, x += LWI_BLOCK_PART, a += LWI_BLOCK_PART * step) {
        __m256 v[4], most = _mm256_setzero_ps();
        __m256i n[4];
        LWI_UNROLL for (int i = 0; i < 4; i++) {
            v[i] = _mm256_loadu_ps(x + 8 * i);
            most = _mm256_max_ps(_mm256_andnot_ps(sign, v[i]), most);
        }
        const float top = largest(most);
        const __m256 inverse = _mm256_set1_ps(top > 0 ? 127 / top : 0);
        LWI_UNROLL for (int i = 0; i < 4; i++) n[i] =
            _mm256_cvtps_epi32(_mm256_mul_ps(v[i], inverse));
        const __m256i low = _mm256_packs_epi32(n[0], n[1]), high = _mm256_packs_epi32(n[2], n[3]);
        const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
        _mm256_storeu_si256((__m256i *)a,
                            _mm256_permutevar8x32_epi32(_mm256_packs_epi16(low, high), order));
        sums[b * step] = lwi_block_sums_of(top / 127, total(_mm256_add_epi32(n[0], n[1])),
                                           total(_mm256_add_epi32(n[2], n[3])));
    }
}
