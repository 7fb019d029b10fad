/* SPDX-License-Identifier: MIT
 * Layer and RMS normalisation of float32 rows in place, for operators that fuse it with something
 * before it. */
#ifndef LWI_ROW_NORMALIZATION_H
#define LWI_ROW_NORMALIZATION_H

#include "ops/op.h"

typedef struct lwi_row_norm {
    const lw_value *y; /* rows of n elements along the last axis, n > 0 */
    size_t n;
    bool centre; /* subtract the mean: layer normalisation; RMS otherwise */
    double epsilon;
    const float *gamma, *beta; /* [n]; beta may be NULL */
    float *mean, *inverse;     /* of each row; may be NULL */
} lwi_row_norm;

void lwi_normalize_rows(const lwi_call *call, const lwi_row_norm *norm);

#endif
