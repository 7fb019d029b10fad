/* SPDX-License-Identifier: MIT
 * Einsum's operands and the products of two of them. Elements are double for floating-point types
 * and uint64_t for integers, whose sums and products are right modulo 2^n that way. */
#ifndef LWI_EINSUM_H
#define LWI_EINSUM_H

#include "ops/op.h"

enum { LWI_EINSUM_LABELS = 64 };

typedef struct lwi_einsum_operand {
    const void *data;                 /* double or uint64_t, */
    bool is_f32;                      /* or float: an input as it is */
    uint64_t set;                     /* its labels */
    size_t stride[LWI_EINSUM_LABELS]; /* of each label, in elements; 0 where it is broadcast */
} lwi_einsum_operand;

typedef struct lwi_einsum {
    lwi_call *call;
    bool is_float;
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

#endif
