/* SPDX-License-Identifier: MIT
 * Rounds rows to 8 bits (block_dot.h). */
#include <immintrin.h>

#include "kern/block_dot.h"
#include "kern/level.h"

lwi_block_round_fn LWI_AT(block_round);
void LWI_AT(block_round)(const float *x, size_t parts, size_t step, int8_t *a,
                         lwi_block_sums *sums) {
    const __m256i middle = _mm256_set1_epi8((char)0x80);
    for (size_t b = 0; b < parts; b++, x += LWI_BLOCK_PART, a += LWI_BLOCK_PART * step) {
        const __m512 low = _mm512_loadu_ps(x), high = _mm512_loadu_ps(x + 16);
        const float most =
            _mm512_reduce_max_ps(_mm512_max_ps(_mm512_abs_ps(low), _mm512_abs_ps(high)));
        const __m512 inverse = _mm512_set1_ps(most > 0 ? 127 / most : 0);
        const __m512i first = _mm512_cvtps_epi32(_mm512_mul_ps(low, inverse));
        const __m512i second = _mm512_cvtps_epi32(_mm512_mul_ps(high, inverse));
        const __m256i all =
            _mm256_set_m128i(_mm512_cvtepi32_epi8(second), _mm512_cvtepi32_epi8(first));
        _mm256_storeu_si256((__m256i *)a, all);
        /* Eight bytes are summed at once, moved to 0 ... 255. */
        const __m256i eights =
            _mm256_sad_epu8(_mm256_xor_si256(all, middle), _mm256_setzero_si256());
        const __m256i halves = _mm256_add_epi32(eights, _mm256_shuffle_epi32(eights, 0x4e));
        sums[b * step] = lwi_block_sums_of(most / 127, _mm256_extract_epi32(halves, 0) - 16 * 128,
                                           _mm256_extract_epi32(halves, 4) - 16 * 128);
    }
}
