/* SPDX-License-Identifier: MIT
 * What products of quantised tensors share: operands become 32-bit numbers less their zero point,
 * int32 sums wrap, results are scaled and rounded to the output's type. */
#ifndef LWI_QUANTIZED_PRODUCT_H
#define LWI_QUANTIZED_PRODUCT_H

#include "ops/op.h"

/* A scale or zero point under the elements of another tensor: one for all, one for each index
 * along an axis, or a tensor that broadcasts. */
typedef struct lwi_spread {
    const lw_value *value; /* NULL: absent */
    size_t strides[LW_MAX_RANK];
} lwi_spread;

/* Reads input `index` as spread over a tensor of this shape; `axis` is for one of rank 1. */
lw_status lwi_spread_read(const lwi_call *call, size_t index, int rank, const int64_t *dims,
                          int axis, lwi_spread *spread);

/* x - zero: int32 for int8 and uint8, float32 for float32. */
lw_status lwi_center(lwi_call *call, const lw_value *x, const lwi_spread *zero, void *centered);

/* y = round((sum + bias) * scale_a * scale_b / scale_y) + zero_y, saturated, ties to even. y has
 * the shape over which all spreads are read; int8 and uint8 with int32 sums, float32 (which is
 * not rounded here) with float32 sums. */
typedef struct lwi_requantize {
    const void *sums;
    lw_value *y;
    lwi_spread bias, scale_a, scale_b, scale_y, zero_y;
} lwi_requantize;
void lwi_requantize_run(const lwi_call *call, const lwi_requantize *requantize);

#endif
