/* SPDX-License-Identifier: MIT
 * 32 registers: 24 sums, as the compiler wants some for itself. */
#define ROWS 12
#define EACH_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12)
#define TILES_OF_2(X) X(1) X(2) X(3) X(4) X(5)
#define TILES_OF_4(X) X(1) X(2)
#include "kern/gemm_f32.inc"
