/* SPDX-License-Identifier: MIT
 * Local response normalisation of floats: LRN. */
#ifndef LWI_KERN_LRN_F32_H
#define LWI_KERN_LRN_F32_H

#include <stddef.h>

/* sums[i] = sum of x[k]^2 over i - before <= k <= i + after, 0 <= k < n. */
typedef void lwi_lrn_sums_f32_fn(const float *x, size_t n, size_t before, size_t after,
                                 float *sums);
/* y = x / (bias + alpha * sums) ^ beta; y may be sums. */
typedef void lwi_lrn_scale_f32_fn(const float *x, const float *sums, float *y, size_t n,
                                  float alpha, float beta, float bias);

#endif
