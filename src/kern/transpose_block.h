/* SPDX-License-Identifier: MIT
 * Transposes LWI_LANES vectors, a square of floats, in registers. */
#ifndef LWI_KERN_TRANSPOSE_BLOCK_H
#define LWI_KERN_TRANSPOSE_BLOCK_H

#include "kern/vector_f32.h"

#if defined(__AVX512F__)
LWI_INLINE void lwi_transpose_block(__m512 x[16]) {
    __m512 t[16];
    /* Pairs of rows, then fours: lane q of x[4 i + j] has column 4 q + j of rows 4 i ... */
    LWI_UNROLL for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_ps(x[i], x[i + 1]);
        t[i + 1] = _mm512_unpackhi_ps(x[i], x[i + 1]);
    }
    LWI_UNROLL for (int i = 0; i < 16; i += 4) LWI_UNROLL for (int j = 0; j < 2; j++) {
        const __m512d a = _mm512_castps_pd(t[i + j]), b = _mm512_castps_pd(t[i + j + 2]);
        x[i + 2 * j] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, b));
        x[i + 2 * j + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, b));
    }
    /* ... and now the 4 x 4 lanes of each j. */
    LWI_UNROLL for (int j = 0; j < 4; j++) {
        t[j] = _mm512_shuffle_f32x4(x[j], x[j + 4], 0x88);
        t[j + 4] = _mm512_shuffle_f32x4(x[j], x[j + 4], 0xdd);
        t[j + 8] = _mm512_shuffle_f32x4(x[j + 8], x[j + 12], 0x88);
        t[j + 12] = _mm512_shuffle_f32x4(x[j + 8], x[j + 12], 0xdd);
    }
    LWI_UNROLL for (int j = 0; j < 4; j++) {
        x[j] = _mm512_shuffle_f32x4(t[j], t[j + 8], 0x88);
        x[j + 8] = _mm512_shuffle_f32x4(t[j], t[j + 8], 0xdd);
        x[j + 4] = _mm512_shuffle_f32x4(t[j + 4], t[j + 12], 0x88);
        x[j + 12] = _mm512_shuffle_f32x4(t[j + 4], t[j + 12], 0xdd);
    }
}

#elif defined(__AVX2__)
LWI_INLINE void lwi_transpose_block(__m256 x[8]) {
    __m256 t[8];
    LWI_UNROLL for (int i = 0; i < 8; i += 2) {
        t[i] = _mm256_unpacklo_ps(x[i], x[i + 1]);
        t[i + 1] = _mm256_unpackhi_ps(x[i], x[i + 1]);
    }
    LWI_UNROLL for (int i = 0; i < 8; i += 4) LWI_UNROLL for (int j = 0; j < 2; j++) {
        x[i + 2 * j] = _mm256_shuffle_ps(t[i + j], t[i + j + 2], 0x44);
        x[i + 2 * j + 1] = _mm256_shuffle_ps(t[i + j], t[i + j + 2], 0xee);
    }
    LWI_UNROLL for (int j = 0; j < 4; j++) {
        t[j] = _mm256_permute2f128_ps(x[j], x[j + 4], 0x20);
        t[j + 4] = _mm256_permute2f128_ps(x[j], x[j + 4], 0x31);
    }
    LWI_UNROLL for (int j = 0; j < 8; j++) x[j] = t[j];
}

#else
LWI_INLINE void lwi_transpose_block(lwi_vec x[4]) {
    const lwi_vec a = x[0], b = x[1], c = x[2], d = x[3];
    LWI_UNROLL for (int i = 0; i < 4; i++) x[i] = (lwi_vec){a[i], b[i], c[i], d[i]};
}
#endif

#endif
