/* SPDX-License-Identifier: MIT
 * 16 registers: 12 sums. */
#define ROWS 6
#define FEW_REGISTERS
#define EACH_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6)
#define TILES_OF_2(X) X(1) X(2)
#define TILES_OF_4(X) X(1)
#include "kern/level.h"

#include <immintrin.h>

/* Of the forms of this instruction gcc takes those that move sums from register to register, until
 * they are pushed out; it is told to add in place. */
LWI_INLINE __m256 add_product(__m256 a, __m256 b, __m256 sum) {
    __asm__("vfmadd231ps %2, %1, %0" : "+x"(sum) : "x"(a), "x"(b));
    return sum;
}
#define MULTIPLY_ADD add_product
#include "kern/gemm_f32.inc"
