/* SPDX-License-Identifier: MIT */
#include "kern/vector_f32.h"

LWI_INLINE lwi_vec multiply_pairs(lwi_vec x, lwi_vec w, lwi_vec sum) {
    return _mm512_dpbf16_ps(sum, (__m512bh)x, (__m512bh)w);
}

#define KERNEL gemm_bf16
#define WHOLE_PANELS
#define MULTIPLY_ADD multiply_pairs
#define ROWS 14
#define EACH_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14)
#define TILES_OF_2(X) X(1) X(2) X(3) X(4) X(5) X(6)
#define TILES_OF_4(X) X(1) X(2)
#include "kern/gemm_f32.inc"
