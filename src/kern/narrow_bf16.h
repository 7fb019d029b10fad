/* SPDX-License-Identifier: MIT
 * Rounds vectors of floats to bfloat16 numbers, to the nearest, ties to even. */
#ifndef LWI_KERN_NARROW_BF16_H
#define LWI_KERN_NARROW_BF16_H

#include "kern/vector_f32.h"

/* In the upper half of each word; the lower half holds anything. */
LWI_INLINE lwi_words lwi_round_bf16(lwi_vec x) {
    const lwi_words bits = (lwi_words)x, is_nan = (lwi_words)(x != x);
    const lwi_words rounded = bits + 0x7fff + (bits >> 16 & 1);
    return (rounded & ~is_nan) | ((bits | 1 << 22) & is_nan);
}

#endif
