/* SPDX-License-Identifier: MIT
 * exp, tanh, erf and their relatives (base/float_math.h, base/sigmoid.h) on vectors of AVX-512,
 * with the same polynomials. scalef does what takes scalar code eight operations, and a sum of
 * products is rounded once; errors are those of float_math.h. */
#ifndef LWI_KERN_EXP_AVX512_H
#define LWI_KERN_EXP_AVX512_H

#include "kern/exp_f32.h"

#define LWI_SPLAT _mm512_set1_ps

LWI_INLINE __m512 lwi_abs_v(__m512 x) { return _mm512_abs_ps(x); }

/* c[n - 1] x^(n - 1) + ... + c[0] */
#define LWI_POLY(x, p, c) p = _mm512_fmadd_ps(p, x, LWI_SPLAT(c))

/* (e^r - 1 - r) / r^2 for |r| <= log(2) / 2 */
LWI_INLINE __m512 lwi_exp_rest_v(__m512 r) {
    __m512 q = LWI_SPLAT(1.97899696e-4f);
    LWI_POLY(r, q, 1.39455662e-3f);
    LWI_POLY(r, q, 8.33350187e-3f);
    LWI_POLY(r, q, 4.16662836e-2f);
    LWI_POLY(r, q, 1.66666658e-1f);
    LWI_POLY(r, q, 5.00000007e-1f);
    return q;
}

/* e^(x + more) = 2^n (1 + p) */
LWI_INLINE __m512 lwi_exp_split_v(__m512 x, __m512 more, __m512 *n) {
    *n = _mm512_roundscale_ps(_mm512_mul_ps(_mm512_add_ps(x, more), LWI_SPLAT(0x1.715476p0f)),
                              _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m512 r = _mm512_fnmadd_ps(*n, LWI_SPLAT(0x1.62e4p-1f), x);
    r = _mm512_fnmadd_ps(*n, LWI_SPLAT(0x1.7f7d1cp-20f), _mm512_add_ps(r, more));
    return _mm512_fmadd_ps(_mm512_mul_ps(r, r), lwi_exp_rest_v(r), r);
}

/* x + more above -140 or so, and no NaN or infinity */
LWI_INLINE __m512 lwi_exp_sum_v(__m512 x, __m512 more) {
    __m512 n;
    const __m512 p = lwi_exp_split_v(x, more, &n);
    return _mm512_scalef_ps(_mm512_add_ps(p, LWI_SPLAT(1)), n);
}

/* Like the above without `more`; adding 1.5 * 2^23 rounds to an integer. */
LWI_INLINE __m512 lwi_exp_v(__m512 x) {
    const __m512 magic = LWI_SPLAT(0x1.8p23f);
    x = lwi_clamp(x, LWI_SPLAT(-105), LWI_SPLAT(89));
    const __m512 n = _mm512_sub_ps(_mm512_fmadd_ps(x, LWI_SPLAT(0x1.715476p0f), magic), magic);
    __m512 r = _mm512_fnmadd_ps(n, LWI_SPLAT(0x1.62e4p-1f), x);
    r = _mm512_fnmadd_ps(n, LWI_SPLAT(0x1.7f7d1cp-20f), r);
    __m512 q = lwi_exp_rest_v(r);
    LWI_POLY(r, q, 1);
    LWI_POLY(r, q, 1);
    return _mm512_scalef_ps(q, n);
}

/* e^x - 1 for x <= 0 */
LWI_INLINE __m512 lwi_expm1_below_v(__m512 x) {
    __m512 n;
    const __m512 low = _mm512_max_ps(LWI_SPLAT(-40), x);
    const __m512 p = lwi_exp_split_v(low, _mm512_setzero_ps(), &n);
    const __m512 s = _mm512_scalef_ps(LWI_SPLAT(1), n);
    return _mm512_fmadd_ps(s, p, _mm512_sub_ps(s, LWI_SPLAT(1)));
}

LWI_INLINE __m512 lwi_sign_of_v(__m512 x, __m512 y) {
    const __m512 bit = LWI_SPLAT(-0.0f);
    return _mm512_or_ps(_mm512_and_ps(bit, y), _mm512_andnot_ps(bit, x));
}

LWI_INLINE __m512 lwi_tanh_v(__m512 x) {
    const __m512 e = lwi_expm1_below_v(_mm512_mul_ps(LWI_SPLAT(-2), lwi_abs_v(x)));
    const __m512 y = _mm512_div_ps(e, _mm512_add_ps(e, LWI_SPLAT(2)));
    return lwi_sign_of_v(y, x);
}

LWI_INLINE __m512 lwi_sigmoid_v(__m512 x) {
    const __m512 e = lwi_exp_below(_mm512_or_ps(x, LWI_SPLAT(-0.0f)));
    const __mmask16 below = _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_LT_OQ);
    const __m512 above = _mm512_mask_blend_ps(below, LWI_SPLAT(1), e);
    return _mm512_div_ps(above, _mm512_add_ps(e, LWI_SPLAT(1)));
}

/* erfc(z) for z >= 0, given -z^2 = high + low */
LWI_INLINE __m512 lwi_erfc_tail_v(__m512 z, __m512 high, __m512 low) {
    const __m512 u = _mm512_div_ps(LWI_SPLAT(1), _mm512_fmadd_ps(LWI_SPLAT(0.5f), z, LWI_SPLAT(1)));
    __m512 p = LWI_SPLAT(-1.98835828e-1f);
    LWI_POLY(u, p, 5.10824859e-1f);
    LWI_POLY(u, p, -2.68195187e-1f);
    LWI_POLY(u, p, -2.02692474e-1f);
    LWI_POLY(u, p, -1.09318611e-2f);
    LWI_POLY(u, p, 5.44333090e-2f);
    LWI_POLY(u, p, 3.80686594e-1f);
    LWI_POLY(u, p, 9.99424689e-1f);
    LWI_POLY(u, p, -1.26548844f);
    return _mm512_mul_ps(u, lwi_exp_sum_v(high, _mm512_add_ps(low, p)));
}

/* erf(z) for |z| < 0.85 */
LWI_INLINE __m512 lwi_erf_near_v(__m512 z) {
    const __m512 square = _mm512_mul_ps(z, z);
    __m512 p = LWI_SPLAT(-6.33261328e-4f);
    LWI_POLY(square, p, 5.05427084e-3f);
    LWI_POLY(square, p, -2.68045704e-2f);
    LWI_POLY(square, p, 1.12827701e-1f);
    LWI_POLY(square, p, -3.76125767e-1f);
    LWI_POLY(square, p, 1.28379161e-1f);
    return _mm512_fmadd_ps(z, p, z);
}

LWI_INLINE __m512 lwi_erf_v(__m512 x) {
    const __m512 z = _mm512_min_ps(LWI_SPLAT(11), lwi_abs_v(x)); /* NaN stays */
    const __m512 high = _mm512_mul_ps(z, _mm512_sub_ps(_mm512_setzero_ps(), z));
    const __m512 low = _mm512_fnmsub_ps(z, z, high);
    const __m512 tail = _mm512_sub_ps(LWI_SPLAT(1), lwi_erfc_tail_v(z, high, low));
    const __mmask16 near = _mm512_cmp_ps_mask(z, LWI_SPLAT(0.85f), _CMP_LT_OQ);
    return lwi_sign_of_v(_mm512_mask_blend_ps(near, tail, lwi_erf_near_v(z)), x);
}

/* 1 / x for 2^-100 < x < 2^100: the guess has 14 bits, a step of Newton's doubles them. */
LWI_INLINE __m512 lwi_inverse_v(__m512 x) {
    const __m512 guess = _mm512_rcp14_ps(x);
    return _mm512_fmadd_ps(guess, _mm512_fnmadd_ps(x, guess, LWI_SPLAT(1)), guess);
}

/* exp(-b^2 / 2) for b <= 16, as a power of 2: b^2 = high + low is exact, and so is what is taken
 * from its product with the logarithm; 2^r is within 2e-9. */
LWI_INLINE __m512 lwi_bell_v(__m512 b) {
    const __m512 high = _mm512_mul_ps(b, b), low = _mm512_fmsub_ps(b, b, high);
    const __m512 log = LWI_SPLAT(-0x1.715476p-1f), magic = LWI_SPLAT(0x1.8p23f);
    const __m512 n = _mm512_sub_ps(_mm512_fmadd_ps(high, log, magic), magic);
    __m512 r = _mm512_fmsub_ps(high, log, n);
    r = _mm512_fmadd_ps(high, LWI_SPLAT(-0x1.4ae0cp-27f), r);
    r = _mm512_fmadd_ps(low, log, r);
    __m512 p = LWI_SPLAT(1.53533612e-4f);
    LWI_POLY(r, p, 1.33988747e-3f);
    LWI_POLY(r, p, 9.61843736e-3f);
    LWI_POLY(r, p, 5.55033247e-2f);
    LWI_POLY(r, p, 2.40226479e-1f);
    LWI_POLY(r, p, 6.93147203e-1f);
    LWI_POLY(r, p, 1);
    return _mm512_scalef_ps(p, n);
}

/* The normal distribution function: for b = |x|, one formula for all b gives what lies beyond b,
 * exp(-b^2 / 2) u P(u) with u = 1 / (1 + 0.3 b). P is within 4e-9 of its value (minimax for b up to
 * 15.5, after which the function is 0 in float32). */
LWI_INLINE __m512 lwi_normal_cdf_v(__m512 x) {
    const __m512 b = _mm512_min_ps(LWI_SPLAT(15.5f), lwi_abs_v(x)); /* NaN stays */
    const __m512 u = lwi_inverse_v(_mm512_fmadd_ps(LWI_SPLAT(0.3f), b, LWI_SPLAT(1)));
    __m512 p = LWI_SPLAT(-2.06301241e-2f);
    LWI_POLY(u, p, 1.12473000e-1f);
    LWI_POLY(u, p, -2.28304767e-1f);
    LWI_POLY(u, p, 1.91910944e-1f);
    LWI_POLY(u, p, -7.95330955e-2f);
    LWI_POLY(u, p, 9.62183238e-2f);
    LWI_POLY(u, p, 7.83673788e-2f);
    LWI_POLY(u, p, 1.10240434e-1f);
    LWI_POLY(u, p, 1.19571180e-1f);
    LWI_POLY(u, p, 1.19686724e-1f);
    const __m512 tail = _mm512_mul_ps(_mm512_mul_ps(u, p), lwi_bell_v(b));
    const __mmask16 below = _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_LT_OQ);
    return _mm512_mask_sub_ps(tail, (__mmask16)~below, LWI_SPLAT(1), tail);
}

#endif
