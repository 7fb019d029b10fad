/* SPDX-License-Identifier: MIT */
#include <immintrin.h>

#include "base/q8_row.h"
#include "kern/level.h"
#include "kern/widen_f32.h"

lwi_widen_f32_fn LWI_AT(widen_f16), LWI_AT(widen_bf16), LWI_AT(widen_q8);

void LWI_AT(widen_f16)(const void *from, size_t n, float *to) {
    const __m128i *x = from;
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        _mm256_storeu_ps(to + i, _mm256_cvtph_ps(_mm_loadu_si128(x++)));
    for (const char *rest = (const char *)x; i < n; i++, rest += 2) {
        unsigned short half;
        __builtin_memcpy(&half, rest, sizeof half);
        to[i] = _cvtsh_ss(half);
    }
}

void LWI_AT(widen_bf16)(const void *from, size_t n, float *to) {
    for (size_t i = 0; i < n; i++) {
        unsigned short half;
        __builtin_memcpy(&half, (const char *)from + 2 * i, sizeof half);
        const unsigned bits = (unsigned)half << 16;
        __builtin_memcpy(to + i, &bits, sizeof bits);
    }
}

static inline float scale_of(const uint8_t *block) {
    unsigned short half;
    __builtin_memcpy(&half, block, sizeof half);
    return _cvtsh_ss(half);
}

void LWI_AT(widen_q8)(const void *from, size_t n, float *to) {
    const uint8_t *block = from;
    size_t i = 0;
    for (; i + LWI_Q8_CODES <= n; i += LWI_Q8_CODES, block += LWI_Q8_BYTES) {
        const __m256 scale = _mm256_set1_ps(scale_of(block));
        for (size_t k = 0; k < LWI_Q8_CODES; k += 8) {
            const __m128i codes = _mm_loadl_epi64((const __m128i *)(const void *)(block + 2 + k));
            const __m256 x = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(codes));
            _mm256_storeu_ps(to + i + k, _mm256_mul_ps(x, scale));
        }
    }
    for (size_t k = 0; i < n; i++, k++)
        to[i] = scale_of(block) * (float)(int8_t)block[2 + k];
}

lwi_narrow_f32_fn LWI_AT(narrow_f16);
void LWI_AT(narrow_f16)(const float *from, size_t n, uint16_t *to) {
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        _mm_storeu_si128((__m128i *)(to + i),
                         _mm256_cvtps_ph(_mm256_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT));
    for (; i < n; i++)
        to[i] = _cvtss_sh(from[i], _MM_FROUND_TO_NEAREST_INT);
}
