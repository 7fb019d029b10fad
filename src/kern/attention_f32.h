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

/* y[q, i] = x[q] . rows[i] * scale for `many` x and n rows of k elements. What comes out does not
 * depend on how many there are. */
typedef struct lwi_dots_f32_job {
    const float *x, *rows;
    float *y;
    size_t x_row, row, y_row; /* elements from one to the next */
    size_t many, n, k;
    float scale;
} lwi_dots_f32_job;
typedef void lwi_dots_f32_fn(const lwi_dots_f32_job *job);

/* y[q] += the sum of weights[q, i] * rows[i], for `many` y, of n rows of k elements, added one by
 * one in their order. */
typedef struct lwi_mix_rows_f32_job {
    const float *weights, *rows;
    float *y;
    size_t weights_row, row, y_row;
    size_t many, n, k;
} lwi_mix_rows_f32_job;
typedef void lwi_mix_rows_f32_fn(const lwi_mix_rows_f32_job *job);

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
