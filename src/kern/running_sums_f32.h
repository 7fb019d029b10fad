/* SPDX-License-Identifier: MIT */
#ifndef LWI_KERN_RUNNING_SUMS_F32_H
#define LWI_KERN_RUNNING_SUMS_F32_H

#include <stdbool.h>
#include <stddef.h>

/* Of n columns: y[r * stride + i] is the sum of x[s * stride + i] for s <= r (exclusive: s < r), in
 * doubles that are rounded once; reverse: s >= r, s > r. */
typedef void lwi_running_sums_f32_fn(const float *x, float *y, size_t rows, size_t stride, size_t n,
                                     bool exclusive, bool reverse);

#endif
