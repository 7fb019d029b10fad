/* SPDX-License-Identifier: MIT
 * At least 16 registers of 4 floats. */
#include "kern/level.h"

#if LWI_FEW_FORMS
#define ROWS 3
#define EACH_ROWS(X) X(1) X(2) X(3)
#define TILES_OF_2(X)
#define TILES_OF_4(X)
#else
#define ROWS 6
#define EACH_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6)
#define TILES_OF_2(X) X(1) X(2)
#define TILES_OF_4(X) X(1)
#endif
#include "kern/gemm_f32.inc"
