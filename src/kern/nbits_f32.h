/* SPDX-License-Identifier: MIT
 * Products with a matrix B of integers of few bits: float32 rows of A times columns of B, which are
 * quantised in blocks along K, each with a scale and an offset.
 *
 * B is stored for 16 columns at a time, as words of 32 bits: [columns / 16][K / (32 / bits)][16].
 * With p = 8 / bits codes in a byte, code i of byte j of a word is that of k = 4 i + j, so that the
 * bytes of (word >> bits * i) & mask are four neighbours in k. Scales and offsets are stored as
 * [columns / 16][blocks][16]. */
#ifndef LWI_KERN_NBITS_F32_H
#define LWI_KERN_NBITS_F32_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LWI_NBITS_GROUP = 16 };

typedef struct lwi_nbits_b {
    unsigned bits;        /* 2, 4 or 8 */
    size_t blocks, block; /* K is blocks * block; block is a multiple of 16 */
    const uint32_t *codes;
    const float *scales;
    const float *offsets; /* NULL: all are `offset` */
    float offset;
} lwi_nbits_b;

/* Y[r][c] = bias[c] + sum over blocks of scale * sum of a[r][k] * (code - offset). sums[r][block]
 * is the sum of a[r][k] over the block. Only columns [first, first + columns) of B are multiplied,
 * first is a multiple of 16, and y and bias begin with column first. */
typedef struct lwi_nbits_job {
    const lwi_nbits_b *b;
    const float *a, *sums;
    size_t a_row;
    float *y;
    size_t y_row;
    size_t rows, first, columns;
    const float *bias; /* or NULL */
} lwi_nbits_job;

typedef void lwi_nbits_multiply_fn(const lwi_nbits_job *job);

/* Writes rows [k, k + depth) of columns [first, first + columns) as panels of gemm_f32.h, `panel`
 * elements apart: scale * (code - offset). All columns up to a multiple of 16 are there in B and
 * are written, none behind that. k and depth are multiples of 16, first is one of gemm_f32_columns.
 */
typedef void lwi_nbits_expand_fn(const lwi_nbits_b *b, size_t k, size_t depth, size_t first,
                                 size_t columns, float *panels, size_t panel);

#endif
