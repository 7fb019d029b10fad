/* SPDX-License-Identifier: MIT */
#ifndef LWI_KERN_BLEND_F32_H
#define LWI_KERN_BLEND_F32_H

#include <stddef.h>

/* y[i] = the sum of weights[t] * (x + offsets[t])[i] over t < taps, for i < n. */
typedef void lwi_blend_f32_fn(const float *x, const size_t *offsets, const float *weights,
                              size_t taps, size_t n, float *y);

#endif
