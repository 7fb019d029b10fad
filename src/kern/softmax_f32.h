/* SPDX-License-Identifier: MIT
 * Softmax and its logarithm, over neighbouring elements or down columns. The largest element is
 * subtracted first. Sums are of floats, in lanes and then in a fixed order: for n elements an error
 * of about n / 64 + 6 units in the last place of the sum. */
#ifndef LWI_KERN_SOFTMAX_F32_H
#define LWI_KERN_SOFTMAX_F32_H

#include <stdbool.h>
#include <stddef.h>

/* n > 0 elements; y may be x. */
typedef void lwi_softmax_f32_fn(const float *x, float *y, size_t n, bool logarithm);
/* Columns of n > 0 elements that are `stride` apart, neighbouring columns side by side; at most
 * LWI_SOFTMAX_COLUMNS of them. y has the same layout and may be x. */
typedef void lwi_softmax_columns_f32_fn(const float *x, float *y, size_t n, size_t stride,
                                        size_t columns, bool logarithm);
enum { LWI_SOFTMAX_COLUMNS = 256 };

#endif
