/* SPDX-License-Identifier: MIT */
#define FUNCTION lwi_gemm_f32__avx2
#define LANES 8
#define ROWS LWI_GEMM_F32_ROWS_AVX2
#define COLUMNS LWI_GEMM_F32_COLUMNS_AVX2
#include "kern/gemm_f32.inc"
