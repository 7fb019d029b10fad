/* SPDX-License-Identifier: MIT
 * sin, cos, atan, asin and acos in float without branches, so that loops over them become vector
 * code. Errors are a few units in the last place. The polynomials are those of the Cephes library
 * (S. Moshier, single precision). */
#ifndef LWI_FLOAT_TRIG_H
#define LWI_FLOAT_TRIG_H

#include "base/half.h"

#include <math.h>

/* Up to here lwi_sinf and lwi_cosf are right; the C library has the rest. */
#define LWI_TRIG_LARGEST 65536.0f

/* sin(x + quarters * pi / 2) for |x| <= LWI_TRIG_LARGEST; NaN stays. */
static inline float lwi_sine_from(float x, uint32_t quarters) {
    /* Adding 1.5 * 2^52 rounds to an integer and leaves it in the low bits; pi / 2 is in two parts,
     * the first short enough for exact products. */
    const double magic = 0x1.8p52;
    const double n = (double)x * 0x1.45f306dc9c883p-1 + magic - magic;
    const float r = (float)(((double)x - n * 0x1.921fb544p0) - n * 0x1.0b4611a626331p-34);
    const uint32_t turn = (uint32_t)(int32_t)n + quarters;
    const float square = r * r;
    float s = -1.9515295891e-4f;
    s = s * square + 8.3321608736e-3f;
    s = s * square - 1.6666654611e-1f;
    s = s * square * r + r;
    float c = 2.443315711809948e-5f;
    c = c * square - 1.388731625493765e-3f;
    c = c * square + 4.166664568298827e-2f;
    c = c * square * square - 0.5f * square + 1;
    const uint32_t odd = 0 - (turn & 1);
    const uint32_t y = (lwi_float_bits(c) & odd) | (lwi_float_bits(s) & ~odd);
    return lwi_bits_float(y ^ (turn << 30 & 0x80000000u));
}

static inline float lwi_sinf(float x) { return lwi_sine_from(x, 0); }
static inline float lwi_cosf(float x) { return lwi_sine_from(x, 1); }

static inline float lwi_choose(int32_t first, float a, float b) {
    const uint32_t mask = 0 - (uint32_t)first;
    return lwi_bits_float((lwi_float_bits(a) & mask) | (lwi_float_bits(b) & ~mask));
}

static inline float lwi_with_sign(float x, float sign) {
    return lwi_bits_float((lwi_float_bits(x) & 0x7fffffffu) | (lwi_float_bits(sign) & 0x80000000u));
}

static inline float lwi_atanf(float x) {
    const float a = fabsf(x);
    const int32_t large = a > 2.414213562373095f, medium = a > 0.4142135623730950f;
    /* pi / 2 - atan(1 / a), pi / 4 + atan((a - 1) / (a + 1)), or atan(a) */
    const float above = lwi_choose(large, -1, a - 1), below = lwi_choose(large, a, a + 1);
    const float z = lwi_choose(medium, above / below, a);
    const float base = lwi_choose(large, 1.5707963267948966f, lwi_choose(medium, 0.7853981634f, 0));
    const float square = z * z;
    float p = 8.05374449538e-2f;
    p = p * square - 1.38776856032e-1f;
    p = p * square + 1.99777106478e-1f;
    p = p * square - 3.33329491539e-1f;
    return lwi_with_sign(base + (p * square * z + z), x);
}

/* The arc sine of |x|, from that of x itself or from that of sqrt((1 - |x|) / 2), z; beyond 1 a
 * NaN. */
static inline float lwi_arc_part(float z, float square) {
    float p = 4.2163199048e-2f;
    p = p * square + 2.4181311049e-2f;
    p = p * square + 4.5470025998e-2f;
    p = p * square + 7.4953002686e-2f;
    p = p * square + 1.6666752422e-1f;
    return p * square * z + z;
}

static inline float lwi_asinf(float x) {
    const float a = fabsf(x);
    const int32_t far = a > 0.5f;
    const float square = lwi_choose(far, 0.5f * (1 - a), a * a);
    const float part = lwi_arc_part(lwi_choose(far, sqrtf(square), a), square);
    return lwi_with_sign(lwi_choose(far, 1.5707963267948966f - 2 * part, part), x);
}

static inline float lwi_acosf(float x) {
    const float a = fabsf(x);
    const int32_t far = a > 0.5f;
    const float square = lwi_choose(far, 0.5f * (1 - a), a * a);
    const float part = lwi_arc_part(lwi_choose(far, sqrtf(square), a), square);
    const float near_one = lwi_choose(x < 0, 3.1415926535897931f - 2 * part, 2 * part);
    return lwi_choose(far, near_one, 1.5707963267948966f - lwi_with_sign(part, x));
}

#endif
