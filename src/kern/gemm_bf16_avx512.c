/* SPDX-License-Identifier: MIT */
#include "kern/gemm_bf16_pairs.h"
