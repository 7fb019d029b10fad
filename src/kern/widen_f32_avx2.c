/* SPDX-License-Identifier: MIT */
#include <immintrin.h>

#include "kern/level.h"
#include "kern/widen_f32.h"

lwi_widen_f32_fn LWI_AT(widen_f16), LWI_AT(widen_bf16);

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
