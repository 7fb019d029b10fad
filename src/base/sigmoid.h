/* SPDX-License-Identifier: MIT
 * The logistic function 1 / (1 + exp(-x)), without overflow: exp sees negative numbers only. */
#ifndef LWI_SIGMOID_H
#define LWI_SIGMOID_H

#include "base/float_math.h"

static inline float lwi_sigmoid_f32(float x) {
    const float e = lwi_expf(-fabsf(x));
    return (x < 0 ? e : 1) / (1 + e);
}

static inline double lwi_sigmoid_f64(double x) {
    const double e = exp(-fabs(x));
    return (x < 0 ? e : 1) / (1 + e);
}

#endif
