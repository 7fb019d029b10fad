/* SPDX-License-Identifier: MIT
 * The instructions of base/pointwise.def over blocks of rows, for each level of instruction sets. A
 * program is one after the other over a block that stays in the first-level cache. */
#ifndef LWI_KERN_POINTWISE_F32_H
#define LWI_KERN_POINTWISE_F32_H

#include "base/pointwise.h"

#include <stddef.h>

/* Rows of floats that stand side by side, `row` elements apart (0: the same row again). */
typedef struct lwi_lane {
    const float *data;
    size_t row;
} lwi_lane;

/* y[r][i] = f(a[r][i], b[r][i], c[r][i]) for rows x columns elements; operands[] are a, b, c. Bit k
 * of repeats: operand k has one element per row, which counts for all columns. y may lie on an
 * operand that has the same rows, not overlap one otherwise. */
typedef void lwi_pointwise_f32_fn(lwi_pointwise_code code, unsigned repeats, float *y, size_t y_row,
                                  const lwi_lane *operands, size_t rows, size_t columns);

#endif
