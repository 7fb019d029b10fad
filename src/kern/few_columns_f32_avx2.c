/* SPDX-License-Identifier: MIT
 * 16 registers: 12 sums. */
#define PANEL 16
#define PAIRS 0
#define EACH_TILE(X) X(12) X(10) X(8) X(7) X(4) X(2) X(1)
#include "kern/few_columns_f32.inc"
