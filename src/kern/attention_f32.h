/* SPDX-License-Identifier: MIT
 * What attention needs beside matrix products (gemm_f32.h): softmax over keys that come tile by
 * tile (Milakov and Gimelshein 2018, arXiv 1805.02867), and products of single rows. */
#ifndef LWI_KERN_ATTENTION_F32_H
#define LWI_KERN_ATTENTION_F32_H

#include <stddef.h>

/* Each row of s becomes exp(s - max), where max[row] is updated first: the largest score so far.
 * sum[row] = sum[row] * factor[row] + the row's new sum, and factor[row] = exp(old max - new max)
 * is what everything made with the old maximum must be multiplied by. While all scores were
 * -infinity, max is -infinity and sum is 0. */
typedef struct lwi_softmax_tile_f32_job {
    float *s;
    size_t row, rows, columns;
    float *max, *sum, *factor; /* [rows] */
} lwi_softmax_tile_f32_job;
typedef void lwi_softmax_tile_f32_fn(const lwi_softmax_tile_f32_job *job);

/* y[i] = x . rows[i] for n rows of k elements, `row` elements apart. */
typedef void lwi_dots_f32_fn(const float *x, const float *rows, size_t row, size_t n, size_t k,
                             float *y);

/* y = y * factor + the sum of weights[i] * rows[i], of n rows of k elements. */
typedef void lwi_mix_rows_f32_fn(const float *weights, const float *rows, size_t row, size_t n,
                                 size_t k, float factor, float *y);

/* y[i, j] = x[i, j] * factor[i * step]; x and y may be the same. */
typedef struct lwi_scale_rows_f32_job {
    const float *x;
    size_t x_row;
    float *y;
    size_t y_row, rows, columns;
    const float *factor;
    size_t step; /* 0 or 1 */
} lwi_scale_rows_f32_job;
typedef void lwi_scale_rows_f32_fn(const lwi_scale_rows_f32_job *job);

/* y[i] += x[i * step] for step 0 or 1 */
typedef void lwi_add_row_f32_fn(const float *x, size_t step, float *y, size_t n);

#endif
