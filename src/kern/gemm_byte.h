/* SPDX-License-Identifier: MIT
 * The job of gemm_f32.h for a B of int8, whose panels (b points to their first number, b_panel and
 * b_row are in numbers) are widened in registers; what fills the last panel is read. Sums are those
 * of gemm_f32 with the widened panels, to the bit; job.scale is what a code of 1 stands for. */
#ifndef LWI_KERN_GEMM_BYTE_H
#define LWI_KERN_GEMM_BYTE_H

#include "kern/gemm_f32.h"

#endif
