/* SPDX-License-Identifier: MIT
 * From vectors of int32 sums to 8-bit codes, for kernels of 512 bits. */
#ifndef LWI_KERN_CODES512_H
#define LWI_KERN_CODES512_H

#include "kern/gemm_i8.h"
#include "kern/level.h"

#include <immintrin.h>

/* What is the same for all sums of a kernel's call. */
typedef struct lwi_coder {
    __m512 high;
    __m512i zero, low; /* 16 bits */
    bool saturates;    /* packing does all the rest: no zero point, and the type's own range */
    bool is_signed;
} lwi_coder;

LWI_INLINE lwi_coder lwi_coder_of(const lwi_i8_output *o) {
    const int low = (int)o->low + o->zero;
    return (lwi_coder){.high = _mm512_set1_ps(o->high),
                       .zero = _mm512_set1_epi16((short)o->zero),
                       .low = _mm512_set1_epi16((short)low),
                       .saturates = o->zero == 0 && low == (o->is_signed ? -128 : 0),
                       .is_signed = o->is_signed};
}

/* min returns its second operand if one is NaN, which then becomes the least int32; so do numbers
 * below all int32. Both saturate to the lowest code. */
LWI_INLINE __m512i lwi_round512(const lwi_coder *c, __m512i sums, const float *scale) {
    const __m512 x = _mm512_mul_ps(_mm512_cvtepi32_ps(sums), _mm512_loadu_ps(scale));
    return _mm512_cvtps_epi32(_mm512_min_ps(c->high, x));
}

/* Packing works in lanes of 128 bits: four from a, four from b. */
LWI_INLINE __m512i lwi_shorts512(const lwi_coder *c, __m512i a, __m512i b) {
    const __m512i x = _mm512_packs_epi32(a, b);
    return c->saturates ? x : _mm512_max_epi16(_mm512_adds_epi16(x, c->zero), c->low);
}

LWI_INLINE __m512i lwi_bytes512(const lwi_coder *c, __m512i a, __m512i b) {
    return c->is_signed ? _mm512_packs_epi16(a, b) : _mm512_packus_epi16(a, b);
}

#endif
