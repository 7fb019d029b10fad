/* SPDX-License-Identifier: MIT */
#define PANEL 8
#define PAIRS 0
#define EACH_TILE(X) X(8) X(4) X(1)
#include "kern/few_columns_f32.inc"
