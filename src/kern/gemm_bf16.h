/* SPDX-License-Identifier: MIT
 * Products of bfloat16 numbers, summed in float32: what processors with dot products of bfloat16
 * do in half the time of gemm_f32. Sizes are counted in pairs of neighbours in K, which lie in the
 * memory of a float: the job is that of gemm_f32.h with such pairs for the floats of A and B. */
#ifndef LWI_KERN_GEMM_BF16_H
#define LWI_KERN_GEMM_BF16_H

#include "kern/gemm_f32.h"

#include <stdint.h>

typedef lwi_gemm_f32_fn lwi_gemm_bf16_fn;

/* Makes its panels: element (i, j) of k x n floats, at b[i * row + j * column], rounded to
 * bfloat16, goes to panel j / width, pair i / 2, column j % width; the rest is as in pack_f32.h. An
 * odd k is filled up with zeros. */
typedef void lwi_pack_bf16_fn(const float *b, size_t row, size_t column, size_t k, size_t n,
                              float *panels, size_t panel);

/* y[i] = x[i] rounded to bfloat16; NaN stays; subnormal numbers may become 0. */
typedef void lwi_narrow_bf16_fn(const float *x, uint16_t *y, size_t n);

#endif
