/* SPDX-License-Identifier: MIT
 * Depthwise convolution of one row of outputs with the channels last: each channel has a kernel of
 * its own. */
#ifndef LWI_KERN_DEPTHWISE_F32_H
#define LWI_KERN_DEPTHWISE_F32_H

#include <stddef.h>

/* Strides are in floats. Pixel i of an input row is at row + i * x_pixel. Output o sees pixels
 * o * stride - begin + k * dilation for 0 <= k < kernel; what is outside of the row counts as
 * zero. `next`: a second row of outputs, each of which sees what the one above it does one row
 * further down, so that there is one more row in x. */
typedef struct lwi_depthwise_f32_job {
    const float *const *x; /* [rows], or one more: the input rows that rows of the kernel meet */
    const float *const *w; /* [rows] those rows of the kernel: [kernel][channels] */
    size_t rows;
    ptrdiff_t in, out, kernel, stride, dilation, begin; /* along the row */
    size_t channels, x_pixel, y_pixel;
    const float *bias; /* [channels] or NULL */
    float *y, *next;   /* next: NULL for one row of outputs */
    float low, high;   /* clamp; NaN stays */
} lwi_depthwise_f32_job;

typedef void lwi_depthwise_f32_fn(const lwi_depthwise_f32_job *job);

#endif
