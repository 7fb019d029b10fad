/* SPDX-License-Identifier: MIT */
#include "kern/gemm_bf16.h"
#include "kern/vector_f32.h"

lwi_narrow_bf16_fn LWI_AT(narrow_bf16);
void LWI_AT(narrow_bf16)(const float *x, uint16_t *y, size_t n) {
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        const __m512bh both =
            _mm512_cvtne2ps_pbh(_mm512_loadu_ps(x + i + 16), _mm512_loadu_ps(x + i));
        memcpy(y + i, &both, sizeof both);
    }
    for (; i < n; i += 16) {
        const size_t left = n - i < 16 ? n - i : 16;
        const lwi_part part = lwi_part_of(left);
        const __m256bh some = _mm512_cvtneps_pbh(lwi_load_part(x + i, part));
        _mm256_mask_storeu_epi16(y + i, part, (__m256i)some);
    }
}
