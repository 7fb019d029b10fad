/* SPDX-License-Identifier: MIT */
#include <immintrin.h>

#include "kern/level.h"
#include "kern/vector_half.h"
#include "kern/widen_f32.h"

lwi_widen_f32_fn LWI_AT(widen_f16), LWI_AT(widen_bf16);

static __m256i load_rest(const uint16_t *p, size_t n) {
    return _mm256_maskz_loadu_epi16((__mmask16)((1u << n) - 1), p);
}

void LWI_AT(widen_f16)(const void *from, size_t n, float *to) {
    const uint16_t *p = from;
    size_t i = 0;
    for (; i + 16 <= n; i += 16)
        lwi_store(to + i, lwi_load_f16(p + i));
    if (i < n) lwi_store_part(to + i, lwi_part_of(n - i), _mm512_cvtph_ps(load_rest(p + i, n - i)));
}

void LWI_AT(widen_bf16)(const void *from, size_t n, float *to) {
    const uint16_t *p = from;
    size_t i = 0;
    for (; i + 16 <= n; i += 16)
        lwi_store(to + i, lwi_load_bf16(p + i));
    if (i == n) return;
    const __m512i wide = _mm512_cvtepu16_epi32(load_rest(p + i, n - i));
    lwi_store_part(to + i, lwi_part_of(n - i), _mm512_castsi512_ps(_mm512_slli_epi32(wide, 16)));
}
