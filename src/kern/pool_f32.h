/* SPDX-License-Identifier: MIT
 * Pooling of one row of outputs, with the channels last or of one channel. */
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

/* What rows of one channel are pooled to: the largest, NaN if there is one; the sum divided; the
 * sum of magnitudes; the root of the sum of squares. */
typedef enum lwi_pool_rows {
    LWI_POOL_ROWS_MAX,
    LWI_POOL_ROWS_MEAN,
    LWI_POOL_ROWS_L1,
    LWI_POOL_ROWS_L2
} lwi_pool_rows;
/* Rows of outputs that follow one another, of one channel (channels first). */
typedef struct lwi_pool_rows_f32_job {
    size_t n;
    const float *const *x; /* the input rows that the first one's windows meet, then the second's */
    const size_t *ends;    /* [n]: where those of each one end in x */
    ptrdiff_t in, out, kernel, stride, dilation, begin; /* as above, within the limits below */
    const float *divisors;                              /* [out] */
    const float *row_divisors; /* [n]: a sum is divided by the product of one of each */
    float *y;                  /* [n, out] */
} lwi_pool_rows_f32_job;
/* Rows of a window are joined before its columns. */
typedef void lwi_pool_rows_f32_fn(const lwi_pool_rows_f32_job *job, lwi_pool_rows what);
/* Of the stride, and of the inputs from the first to the last of a window. */
enum { LWI_POOL_ROWS_STRIDE = 64, LWI_POOL_ROWS_REACH = 512 };

/* y[c] = the sum of x[r * row + c] over r, for columns c. Sums of a few rows are added up, so that
 * errors do not grow with the number of rows. */
typedef void lwi_column_sums_f32_fn(const float *x, size_t row, size_t rows, size_t columns,
                                    float *y);

#endif
