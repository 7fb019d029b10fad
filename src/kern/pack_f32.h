/* SPDX-License-Identifier: MIT
 * Makes the panels of gemm_f32.h. */
#ifndef LWI_KERN_PACK_F32_H
#define LWI_KERN_PACK_F32_H

#include <stddef.h>

/* Element (i, j) of k x n floats, at b[i * row + j * column], goes to panel j / width, row i,
 * column j % width; panels are `panel` elements apart. What the last panel has beyond n is zero.
 * width is gemm_f32_columns. */
/* b need not be aligned. */
typedef void lwi_pack_f32_fn(const float *b, size_t row, size_t column, size_t k, size_t n,
                             float *panels, size_t panel);

#endif
