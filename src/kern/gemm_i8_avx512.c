/* SPDX-License-Identifier: MIT */
#include "kern/level.h"

#include "kern/gemm_i8_store512.h"

#include <string.h>

enum { LANES = 16, VECTORS = 2, ROWS = 12 };
#define HEIGHTS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12)

typedef __m512i integers;
#define VECTOR(name) _mm512_##name
#define _mm512_AND _mm512_and_si512
#include "kern/gemm_i8_madd.h"

#include "kern/gemm_i8_fours.inc"
