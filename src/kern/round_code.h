/* SPDX-License-Identifier: MIT
 * From a number in units of the scale to the byte of its 8-bit code. */
#ifndef LWI_KERN_ROUND_CODE_H
#define LWI_KERN_ROUND_CODE_H

#include <stdint.h>

/* round(x), ties to even, in [low, high] (which are below 2^10), plus zero; NaN becomes low. Adding
 * 1.5 * 2^23 to a small number leaves no bits for its fraction, and so rounds it. */
static inline uint8_t lwi_round_code(float x, float low, float high, int32_t zero) {
    const float magic = 12582912;
    x = x > low ? x : low;
    x = x < high ? x : high;
    return (uint8_t)((int32_t)(x + magic - magic) + zero);
}

#endif
