/* SPDX-License-Identifier: MIT
 * gemm_bf16 for levels without instructions for it: single rows, as nobody should want it there.
 * Included by one file for each level. */
#include "kern/narrow_bf16.h"

LWI_INLINE lwi_vec multiply_pairs(lwi_vec x, lwi_vec w, lwi_vec sum) {
    const lwi_words a = (lwi_words)x, b = (lwi_words)w;
    sum = lwi_fma((lwi_vec)(a << 16), (lwi_vec)(b << 16), sum);
    return lwi_fma((lwi_vec)(a & 0xffff0000u), (lwi_vec)(b & 0xffff0000u), sum);
}

#define KERNEL gemm_bf16
#define WHOLE_PANELS
#define MULTIPLY_ADD multiply_pairs
#define ROWS 1
#define EACH_ROWS(X) X(1)
#define TILES_OF_2(X)
#define TILES_OF_4(X)
#include "kern/gemm_f32.inc"
