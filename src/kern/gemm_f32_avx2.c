/* SPDX-License-Identifier: MIT
 * 16 registers: 12 sums. */
#define ROWS 6
#define FEW_REGISTERS
#define EACH_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6)
#define TILES_OF_2(X) X(1) X(2)
#define TILES_OF_4(X) X(1)
#include "kern/gemm_f32.inc"
