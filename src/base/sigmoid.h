/* SPDX-License-Identifier: MIT
 * The logistic function sigmoid(x) = 1 / (1 + exp(-x)), softplus(x) = log(1 + exp(x)), and
 * mish(x) = x tanh(softplus(x)), in float and double. */
#ifndef LWI_SIGMOID_H
#define LWI_SIGMOID_H

#include "base/float_math.h"

/* In float, exp(-x) is scaled by a power of 2 in one step: all is divided by 2^32, so that it does
 * not overflow. 0 for what would be smaller than normal numbers, which are slow. */
static inline float lwi_sigmoid_f32(float x) {
    const float low = -x < -64 ? -64 : -x, one = 0x1p-32f;
    const lwi_exp_parts e = lwi_exp_split(low > 87 ? 87 : low, 0);
    const float power = lwi_power_of_2(e.n - 32);
    return low > 87 ? 0 : one / (one + (power + power * e.p));
}

static inline double lwi_sigmoid_f64(double x) {
    const double e = exp(-fabs(x));
    return (x < 0 ? e : 1) / (1 + e);
}

/* tanh(log(1 + E)) = (E^2 + 2 E) / (E^2 + 2 E + 2); where E = exp(x) is large, divided by E^2.
 * Products that are added are exact ones by 2, so that it is all the same whether a compiler rounds
 * them. */
#define LWI_SIGMOID(TYPE, T, EXP, LOG1P, FABS)                                                     \
    static inline T lwi_softplus_##TYPE(T x) { return (x < 0 ? 0 : x) + LOG1P(EXP(-FABS(x))); }    \
    static inline T lwi_mish_##TYPE(T x) {                                                         \
        const T e = EXP(-FABS(x)), above = x < 0 ? e * (2 + e) : 1 + 2 * e;                        \
        return x * above / (above + 2 * (x < 0 ? 1 : e * e));                                      \
    }
LWI_SIGMOID(f32, float, lwi_exp_of_negative, lwi_log1pf_unit, fabsf)
LWI_SIGMOID(f64, double, exp, log1p, fabs)
#undef LWI_SIGMOID

#endif
