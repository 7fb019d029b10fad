/* SPDX-License-Identifier: MIT
 * exp, log and their relatives in float, without branches and tables, so that loops over them
 * become vector code. Errors are a few units in the last place (tests/unit/float_math_test.c). The
 * polynomials are minimax fits (Remez) to the functions named beside them. */
#ifndef LWI_FLOAT_MATH_H
#define LWI_FLOAT_MATH_H

#include "base/half.h"

#include <math.h>

/* e^(x + more) = 2^n (1 + p) with |p| < 0.5. */
typedef struct lwi_exp_parts {
    int32_t n;
    float p;
} lwi_exp_parts;

static inline lwi_exp_parts lwi_exp_split(float x, float more) {
    /* Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits. */
    const float magic = 0x1.8p23f;
    const float shifted = (x + more) * 0x1.715476p0f + magic, n = shifted - magic;
    /* ln 2 in two parts, the first short enough for exact products */
    const float r = ((x - n * 0x1.62e4p-1f) + more) - n * 0x1.7f7d1cp-20f;
    /* (e^r - 1 - r) / r^2 for |r| < 0.35 */
    float q = 1.97899696e-4f;
    q = q * r + 1.39455662e-3f;
    q = q * r + 8.33350187e-3f;
    q = q * r + 4.16662836e-2f;
    q = q * r + 1.66666658e-1f;
    q = q * r + 5.00000007e-1f;
    return (lwi_exp_parts){(int32_t)(lwi_float_bits(shifted) - lwi_float_bits(magic)),
                           r + r * r * q};
}

/* 2^n; n is garbage where x was NaN, which then wins anyway. */
static inline float lwi_power_of_2(int32_t n) { return lwi_bits_float(((uint32_t)n + 127) << 23); }

/* 2^n (1 + p), in two steps so that neither overflows nor vanishes before the result does. */
static inline float lwi_exp_join(lwi_exp_parts e) {
    const int32_t first = e.n >> 1;
    return (1 + e.p) * lwi_power_of_2(first) * lwi_power_of_2(e.n - first);
}

static inline float lwi_expf(float x) {
    const float low = x < -105 ? -105 : x;
    return lwi_exp_join(lwi_exp_split(low > 89 ? 89 : low, 0));
}

/* e^x for x <= 0: nothing overflows, and a fixed step is enough for what is below the normal
 * numbers. */
static inline float lwi_exp_of_negative(float x) {
    const lwi_exp_parts e = lwi_exp_split(x < -105 ? -105 : x, 0);
    return (1 + e.p) * lwi_power_of_2(e.n + 64) * 0x1p-64f;
}

/* e^x - 1 = 2^n p + (2^n - 1), halved on the way so that 2^128 is never met. */
static inline float lwi_expm1f(float x) {
    const float low = x < -40 ? -40 : x;
    const lwi_exp_parts e = lwi_exp_split(low > 89 ? 89 : low, 0);
    const float power = lwi_power_of_2(e.n - 1);
    return 2 * (power * e.p + (power - 0.5f));
}

static inline float lwi_tanhf(float x) {
    const float e = lwi_expm1f(-2 * fabsf(x));
    return copysignf(-e / (2 + e), x);
}

/* log((1 + s) / (1 - s)) for |s| <= 1/3 */
static inline float lwi_log_ratio(float s) {
    const float w = s * s;
    float p = 1.40103873e-1f;
    p = p * w + 1.39999928e-1f;
    p = p * w + 2.00108194e-1f;
    p = p * w + 3.33332072e-1f;
    return 2 * s + 2 * s * (w * p);
}

/* log(1 + x) for 0 <= x <= 1 */
static inline float lwi_log1pf_unit(float x) { return lwi_log_ratio(x / (2 + x)); }

static inline float lwi_logf(float x) {
    const bool tiny = x < 0x1p-126f;
    const uint32_t u = lwi_float_bits(tiny ? x * 0x1p25f : x);
    /* x = 2^n m with m in [sqrt(1/2), sqrt(2)) */
    const int32_t n = (int32_t)(u - 0x3f3504f3) >> 23;
    const float m = lwi_bits_float(u - ((uint32_t)n << 23));
    const float k = (float)(tiny ? n - 25 : n);
    const float y = k * 0x1.62e4p-1f + (lwi_log_ratio((m - 1) / (m + 1)) + k * 0x1.7f7d1cp-20f);
    const float finite = x < INFINITY ? y : x;
    const float positive = x > 0 ? finite : NAN;
    return x == 0 ? -INFINITY : x < 0 ? NAN : positive;
}

/* erf(z) / z for |z| < 0.85, given z^2 */
static inline float lwi_erf_ratio(float square) {
    float p = -6.33261328e-4f;
    p = p * square + 5.05427084e-3f;
    p = p * square + -2.68045704e-2f;
    p = p * square + 1.12827701e-1f;
    p = p * square + -3.76125767e-1f;
    p = p * square + 1.28379161e-1f;
    return 1 + p;
}

/* erfc(z) for 0.8 <= z <= 11, given -z^2 = high + low:
 * u exp(-z^2 + p(u)) with u = 1 / (1 + z / 2) */
static inline float lwi_erfc_tail(float z, float high, float low) {
    const float u = 1 / (1 + 0.5f * z);
    float p = -1.98835828e-1f;
    p = p * u + 5.10824859e-1f;
    p = p * u + -2.68195187e-1f;
    p = p * u + -2.02692474e-1f;
    p = p * u + -1.09318611e-2f;
    p = p * u + 5.44333090e-2f;
    p = p * u + 3.80686594e-1f;
    p = p * u + 9.99424689e-1f;
    p = p * u + -1.26548844f;
    return u * lwi_exp_join(lwi_exp_split(high, low + p));
}

/* The upper half of a float's bits: its square is exact. */
static inline float lwi_short_float(float x) {
    return lwi_bits_float(lwi_float_bits(x) & 0xfffff000);
}

static inline float lwi_erff(float x) {
    const float a = fabsf(x), z = a > 11 ? 11 : a, s = lwi_short_float(z);
    const float tail = 1 - lwi_erfc_tail(z, -s * s, -(z - s) * (z + s));
    const float near = z * lwi_erf_ratio(z * z);
    return copysignf(z < 0.85f ? near : tail, x);
}

/* The normal distribution function: erfc(-x / sqrt 2) / 2, exact far left of zero too. */
static inline float lwi_normal_cdff(float x) {
    const float a = fabsf(x), b = a > 15.5f ? 15.5f : a, s = lwi_short_float(b);
    const float z = b * 0x1.6a09e6p-1f;
    const float tail = 0.5f * lwi_erfc_tail(z, -0.5f * s * s, -0.5f * (b - s) * (b + s));
    const float near = 0.5f * z * lwi_erf_ratio(z * z);
    if (z < 0.85f) return 0.5f + copysignf(near, x);
    return x < 0 ? tail : 1 - tail;
}

#endif
