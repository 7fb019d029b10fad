/* SPDX-License-Identifier: MIT */
#ifndef LWI_KERN_TRANSPOSE_F32_H
#define LWI_KERN_TRANSPOSE_F32_H

#include <stddef.h>

/* y[c * y_row + r] = x[r * x_row + c]; any elements of 4 bytes. */
typedef void lwi_transpose_f32_fn(const float *x, size_t x_row, float *y, size_t y_row, size_t rows,
                                  size_t columns);

#endif
