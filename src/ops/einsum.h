/* SPDX-License-Identifier: MIT
 * Einsum's operands and the products of two of them. Elements are float, or double for float64, and
 * uint64_t for integers, whose sums and products are right modulo 2^n that way. */
#ifndef LWI_EINSUM_H
#define LWI_EINSUM_H

#include "ops/op.h"

enum { LWI_EINSUM_LABELS = 64 };

typedef struct lwi_einsum_operand {
    const void *data;
    uint64_t set;                     /* its labels */
    size_t stride[LWI_EINSUM_LABELS]; /* of each label, in elements; 0 where it is broadcast */
} lwi_einsum_operand;

/* Y = A B for row-major matrices of rows x k and k x columns floats. */
typedef void lwi_einsum_multiply_f32(const float *a, const float *b, float *y, size_t rows,
                                     size_t k, size_t columns);

typedef struct lwi_einsum {
    lwi_call *call;
    lw_dtype dtype; /* of elements: LW_FLOAT32, LW_FLOAT64 or LW_UINT64 */
    lwi_einsum_multiply_f32 *multiply_f32;
    size_t size[LWI_EINSUM_LABELS];
} lwi_einsum;

/* Labels in an order; the elements of an array that has them as dimensions. */
typedef struct lwi_einsum_order {
    int n;
    uint8_t labels[LWI_EINSUM_LABELS];
} lwi_einsum_order;

/* A row-major array with the labels in that order, where all others are summed over. */
lw_status lwi_einsum_pack(const lwi_einsum *e, const lwi_einsum_operand *from,
                          const lwi_einsum_order *order, lwi_einsum_operand *packed);
/* The product of a and b, summed over the labels that are not in keep. */
lw_status lwi_einsum_multiply(const lwi_einsum *e, const lwi_einsum_operand *a,
                              const lwi_einsum_operand *b, uint64_t keep,
                              lwi_einsum_operand *product);

/* The same as one sum: Y at the output's labels is the sum, over the others, of the product of all
 * operands. */
enum { LWI_EINSUM_OPERANDS = 4 };
typedef struct lwi_einsum_sum {
    int n_out, n_summed;
    size_t dims[LWI_EINSUM_LABELS]; /* of the output, then of what is summed over */
    size_t strides[LWI_EINSUM_OPERANDS][LWI_EINSUM_LABELS];
} lwi_einsum_sum;
/* Of at most LWI_EINSUM_OPERANDS operands. */
lw_status lwi_einsum_sum_read(lwi_call *call, lwi_einsum_sum *sum);

/* Einsum with a product of the caller's; NULL: a plain one. */
lw_status lwi_einsum_run(lwi_call *call, lwi_einsum_multiply_f32 *multiply_f32);

#endif
