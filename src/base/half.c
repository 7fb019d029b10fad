/* SPDX-License-Identifier: MIT */
#include "base/half.h"

#include <math.h>

/* A float8 layout: bits of exponent and mantissa, bias, and how special values are coded. */
typedef struct f8_layout {
    int exponent, mantissa, bias;
    bool infinities; /* E5M2: the top exponent holds infinity and NaN, as in IEEE */
    bool fnuz;       /* 0x80 is the only NaN and there is no negative zero */
} f8_layout;

static const f8_layout E4M3FN = {4, 3, 7, false, false};
static const f8_layout E4M3FNUZ = {4, 3, 8, false, true};
static const f8_layout E5M2 = {5, 2, 15, true, false};
static const f8_layout E5M2FNUZ = {5, 2, 16, false, true};

static float f8_decode(uint8_t x, const f8_layout *f) {
    const int e = x >> f->mantissa & ((1 << f->exponent) - 1), m = x & ((1 << f->mantissa) - 1);
    const float sign = x & 0x80 ? -1.0f : 1.0f;
    if (f->fnuz && x == 0x80) return NAN;
    if (f->infinities && e == 31) return m ? NAN : sign * INFINITY;
    if (!f->fnuz && !f->infinities && (x & 0x7f) == 0x7f) return sign * NAN;
    if (e == 0) return sign * ldexpf((float)m, 1 - f->bias - f->mantissa);
    return sign * ldexpf((float)(m | 1 << f->mantissa), e - f->bias - f->mantissa);
}

/* Code of the largest finite magnitude. */
static uint8_t f8_largest(const f8_layout *f) {
    if (f->infinities) return 0x7b;
    return f->fnuz ? 0x7f : 0x7e;
}

static uint8_t f8_overflow(uint8_t sign, const f8_layout *f, bool saturate) {
    if (saturate) return (uint8_t)(sign | f8_largest(f));
    if (f->fnuz) return 0x80;
    return (uint8_t)(sign | (f->infinities ? 0x7c : 0x7f));
}

static uint8_t f8_encode(float x, const f8_layout *f, bool saturate) {
    const uint8_t sign = signbit(x) ? 0x80 : 0;
    if (isnan(x)) return f->fnuz ? 0x80 : (uint8_t)(sign | 0x7f);
    if (isinf(x)) return f8_overflow(sign, f, saturate);
    int e;
    const float a = fabsf(x);
    if (a == 0) return f->fnuz ? 0 : sign;
    frexpf(a, &e); /* a = [0.5, 1) * 2^e */
    int exponent = e - 1;
    if (exponent < 1 - f->bias) exponent = 1 - f->bias;
    /* a in units of the last place; nearbyint rounds to even */
    const float units = nearbyintf(ldexpf(a, f->mantissa - exponent));
    const int code = (exponent + f->bias - 1) * (1 << f->mantissa) + (int)units;
    if (code > f8_largest(f)) return f8_overflow(sign, f, saturate);
    if (code == 0 && f->fnuz) return 0;
    return (uint8_t)(sign | code);
}

float lwi_f8e4m3fn_to_f32(uint8_t x) { return f8_decode(x, &E4M3FN); }
float lwi_f8e4m3fnuz_to_f32(uint8_t x) { return f8_decode(x, &E4M3FNUZ); }
float lwi_f8e5m2_to_f32(uint8_t x) { return f8_decode(x, &E5M2); }
float lwi_f8e5m2fnuz_to_f32(uint8_t x) { return f8_decode(x, &E5M2FNUZ); }
uint8_t lwi_f32_to_f8e4m3fn(float x, bool s) { return f8_encode(x, &E4M3FN, s); }
uint8_t lwi_f32_to_f8e4m3fnuz(float x, bool s) { return f8_encode(x, &E4M3FNUZ, s); }
uint8_t lwi_f32_to_f8e5m2(float x, bool s) { return f8_encode(x, &E5M2, s); }
uint8_t lwi_f32_to_f8e5m2fnuz(float x, bool s) { return f8_encode(x, &E5M2FNUZ, s); }

float lwi_f8e8m0_to_f32(uint8_t x) {
    if (x == 0xff) return NAN;
    return ldexpf(1.0f, (int)x - 127);
}

uint8_t lwi_f32_to_f8e8m0(float x, bool saturate, lwi_e8m0_round round) {
    const uint32_t u = lwi_float_bits(x) & 0x7fffffff;
    if (u > 0x7f800000) return 0xff;
    if (u == 0x7f800000) return saturate ? 0xfe : 0xff;
    uint32_t e = u >> 23;
    const uint32_t m = u & 0x7fffff;
    bool up;
    if (round == LWI_E8M0_UP) {
        up = e ? m > 0 : m > 0x400000; /* below 2^-127 everything becomes 2^-127 */
    } else if (round == LWI_E8M0_NEAREST) {
        up = e ? m >= 0x400000 : m > 0x400000;
    } else {
        up = false;
    }
    if (up) e++;
    if (e > 0xfe) return saturate ? 0xfe : 0xff;
    return (uint8_t)e;
}

static const float F4_VALUES[8] = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6};

float lwi_f4e2m1_to_f32(uint8_t x) {
    const float v = F4_VALUES[x & 7];
    return x & 8 ? -v : v;
}

uint8_t lwi_f32_to_f4e2m1(float x) {
    /* midpoints between neighbours; at a midpoint the even code wins */
    static const float middle[7] = {0.25f, 0.75f, 1.25f, 1.75f, 2.5f, 3.5f, 5.0f};
    if (isnan(x)) return signbit(x) ? 0 : 8; /* there is no NaN: ONNX's data has a zero */
    const float a = fabsf(x);
    uint8_t code = 0;
    for (uint8_t i = 0; i < 7; i++)
        if (a > middle[i] || (a == middle[i] && (i & 1))) code = (uint8_t)(i + 1);
    return (uint8_t)(code | (signbit(x) ? 8 : 0));
}
