/* SPDX-License-Identifier: MIT */
#define KERNEL gemm_half_f16
#define LOAD_B lwi_load_f16
#include "kern/gemm_half.inc"
