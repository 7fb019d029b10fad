/* SPDX-License-Identifier: MIT
 * Codes that are no type of the kernels: integers of fewer than 8 bits, floats of 8 bits or fewer.
 */
#ifndef LWI_GPU_CODES_H
#define LWI_GPU_CODES_H

#include "backend/gpu/gpu_backend.h"

bool lwi_gpu_is_small_code(lw_dtype dtype);
/* Input 0 becomes numbers in the type of output 0. scales: input 1 has scales, and input 2, if it
 * is there, zero points, for each of `dim` elements that are `inner` apart, or for blocks of them.
 */
lw_status lwi_gpu_small_codes(const lwi_call *call, bool scales, size_t dim, size_t inner,
                              int64_t block, lwi_gpu_step *step, bool *taken);

/* The way back: input 0 to output 0, whose elements are small codes. inputs 1 and 2 likewise; a
 * quotient is rounded to `precision`. */
lw_status lwi_gpu_to_small_codes(const lwi_call *call, bool scales, size_t dim, size_t inner,
                                 int64_t block, lw_dtype precision, lwi_gpu_step *step,
                                 bool *taken);
/* What each code of a type stands for. */
enum { LWI_GPU_CODES = 256 };
void lwi_gpu_code_numbers(lw_dtype dtype, float numbers[LWI_GPU_CODES]);

#endif
