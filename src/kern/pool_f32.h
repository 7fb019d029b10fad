/* SPDX-License-Identifier: MIT
 * Pooling of one row of outputs with the channels last. */
#ifndef LWI_KERN_POOL_F32_H
#define LWI_KERN_POOL_F32_H

#include <stddef.h>

/* Pixel i of an input row is at row + i * channels. Output o sees pixels o * stride - begin + k *
 * dilation for 0 <= k < kernel, as far as they are inside. */
typedef struct lwi_pool_f32_job {
    const float *const *x; /* [rows] the input rows that the window meets */
    size_t rows;
    ptrdiff_t in, out, kernel, stride, dilation, begin; /* along the row */
    size_t channels;
    const float *divisors; /* [out]: a sum is divided by divisor and the one of its output */
    float divisor;
    float *y;
} lwi_pool_f32_job;

/* The maximum, NaN if there is one, -INFINITY of nothing; or the sum divided. */
typedef void lwi_pool_f32_fn(const lwi_pool_f32_job *job);

/* y[c] = the sum of x[r * row + c] over r, for columns c. Sums of a few rows are added up, so that
 * errors do not grow with the number of rows. */
typedef void lwi_column_sums_f32_fn(const float *x, size_t row, size_t rows, size_t columns,
                                    float *y);

#endif
