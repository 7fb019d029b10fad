/* SPDX-License-Identifier: MIT
 * exp on vectors of any level, with the polynomial of base/float_math.h; a sum of products is
 * rounded once where the level has that. */
#ifndef LWI_KERN_EXP_F32_H
#define LWI_KERN_EXP_F32_H

#include "kern/vector_f32.h"

/* e^x for x <= 0 or NaN; 0 for what would be smaller than normal numbers, which are slow. */
LWI_INLINE lwi_vec lwi_exp_below(lwi_vec x) {
    /* Adding it rounds to an integer n, and leaves n + 127, the exponent of 2^n, in the low bits.
     */
    const lwi_vec least = lwi_splat(-87), magic = lwi_splat(0x1.8p23f + 127);
    const lwi_vec shifted = lwi_fma(x, lwi_splat(0x1.715476p0f), magic), n = shifted - magic;
    lwi_vec r = lwi_fma(n, lwi_splat(-0x1.62e4p-1f), x);
    r = lwi_fma(n, lwi_splat(-0x1.7f7d1cp-20f), r);
    lwi_vec q = lwi_splat(1.97899696e-4f);
    q = lwi_fma(q, r, lwi_splat(1.39455662e-3f));
    q = lwi_fma(q, r, lwi_splat(8.33350187e-3f));
    q = lwi_fma(q, r, lwi_splat(4.16662836e-2f));
    q = lwi_fma(q, r, lwi_splat(1.66666658e-1f));
    q = lwi_fma(q, r, lwi_splat(5.00000007e-1f));
    const lwi_vec p = lwi_fma(r * r, q, r);
    /* Garbage where x is NaN, which wins, or below the least. */
    const lwi_vec power = (lwi_vec)((lwi_words)shifted << 23);
#if defined(__AVX512F__)
    return _mm512_maskz_fmadd_ps(_mm512_cmp_ps_mask(x, least, _CMP_NLT_UQ), p, power, power);
#else
    return (lwi_vec)((lwi_words)lwi_fma(p, power, power) & ~(lwi_words)(x < least));
#endif
}

#endif
