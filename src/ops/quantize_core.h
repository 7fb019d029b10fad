/* SPDX-License-Identifier: MIT
 * Linear quantisation: a number is (code - zero) * scale. Which scale an element has depends on the
 * granularity (ONNX QuantizeLinear 28): one for the tensor, one for each index of an axis, or one
 * for each block along an axis. */
#ifndef LWI_QUANTIZE_CORE_H
#define LWI_QUANTIZE_CORE_H

#include "ops/op.h"

typedef struct lwi_scales {
    const float *scale;
    const float *zero; /* NULL: all zero */
    size_t count;
    size_t dim, inner;    /* of the axis, and of what follows it */
    size_t blocks, block; /* along the axis, and elements in each */
    bool blocked;
} lwi_scales;

/* Elements [at, at + n) in a row that take scale[first + i * step]. */
typedef struct lwi_scale_run {
    size_t n, first, step;
} lwi_scale_run;

/* Checks shapes of input 0, the scale (input 1) and the zero point (input 2, may be omitted). */
lw_status lwi_scales_check(const lwi_call *call);
/* Reads scales and zero points into scratch memory. */
lw_status lwi_scales_read(lwi_call *call, lwi_scales *scales);
lwi_scale_run lwi_scale_run_at(const lwi_scales *scales, size_t at, size_t end);

/* The range of an integer type of at most 16 bits. */
void lwi_code_range(lw_dtype dtype, float *low, float *high);
/* x / scale + zero to the nearest integer (ties to even) in [low, high]; NaN becomes low. */
float lwi_quantize(float quotient, float zero, float low, float high);

/* Scale and zero point of uint8 codes that cover [min, max] and 0 (DynamicQuantizeLinear). */
typedef struct lwi_u8_scale {
    float scale, zero;
} lwi_u8_scale;
lwi_u8_scale lwi_dynamic_scale(const float *x, size_t n);

#endif
