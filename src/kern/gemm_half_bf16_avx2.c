/* SPDX-License-Identifier: MIT */
#define KERNEL gemm_half_bf16
#define LOAD_B lwi_load_bf16
#include "kern/gemm_half.inc"
