/* SPDX-License-Identifier: MIT */
#include "kern/gemm_byte.inc"
