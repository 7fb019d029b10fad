/* SPDX-License-Identifier: MIT */
#ifndef LWI_CUMULATIVE_H
#define LWI_CUMULATIVE_H

#include "ops/op.h"

/* CumSum with the caller's way of summing n columns of `rows` float32 numbers, `stride` apart. */
typedef void lwi_running_sums(const float *x, float *y, size_t rows, size_t stride, size_t n,
                              bool exclusive, bool reverse);
lw_status lwi_cumulative_sum(lwi_call *call, lwi_running_sums *sums);

#endif
