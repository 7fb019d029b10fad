/* SPDX-License-Identifier: MIT */
#define FUNCTION lwi_gemm_f32__avx512
#define LANES 16
#define ROWS LWI_GEMM_F32_ROWS_AVX512
#define COLUMNS LWI_GEMM_F32_COLUMNS_AVX512
#include "kern/gemm_f32.inc"
