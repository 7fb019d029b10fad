/* SPDX-License-Identifier: MIT
 * 32 registers: 28 sums. */
#define PANEL 32
#define PAIRS 1
#define EACH_TILE(X) X(28) X(24) X(20) X(16) X(14) X(12) X(8) X(4) X(2) X(1)
#include "kern/few_columns_f32.inc"
