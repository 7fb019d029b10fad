/* SPDX-License-Identifier: MIT
 * MatMulNBits: what a backend can do faster, and what its two files share. */
#ifndef LWI_MATMUL_NBITS_H
#define LWI_MATMUL_NBITS_H

#include "ops/matrix_product.h"

/* The sum over all blocks b of scales[b] * sum of a[i] (code[i] - zeros[b]). Codes of 2, 4 or 8
 * bits, lowest bits first; block is a multiple of 16. */
typedef float lwi_nbits_dot(const float *a, const uint8_t *codes, unsigned bits,
                            const float *scales, const float *zeros, size_t blocks, size_t block);

/* Members may be NULL: the plain one. */
typedef struct lwi_nbits_kernels {
    const lwi_tile *tile_f32;
    lwi_nbits_dot *dot;
} lwi_nbits_kernels;

lw_status lwi_matmul_nbits_run(lwi_call *call, const lwi_nbits_kernels *kernels);

typedef struct lwi_nbits {
    const float *a, *scales, *bias; /* bias may be NULL */
    const uint8_t *b;               /* NULL: all zero */
    const lw_value *zeros;          /* may be NULL */
    const int32_t *groups;          /* may be NULL */
    float *y;
    size_t m, k, n, block, blocks;
    unsigned bits;
    lwi_nbits_dot *dot;
} lwi_nbits;

lw_status lwi_nbits_multiply(lwi_call *call, lwi_nbits *product, const lwi_nbits_kernels *kernels);

#endif
