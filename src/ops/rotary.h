/* SPDX-License-Identifier: MIT
 * Rotary position embedding (Su et al. 2021, arXiv 2104.09864): pairs of elements are turned by an
 * angle that depends on the position. */
#ifndef LWI_ROTARY_H
#define LWI_ROTARY_H

#include "ops/op.h"

/* Turns the first 2 * half elements of a row of n; the others are copied. A pair is elements i and
 * i + half, or 2i and 2i + 1 if interleaved. y may be x. */
typedef struct lwi_rotation {
    size_t n, half;
    bool interleaved;
} lwi_rotation;
void lwi_rotate(const lwi_rotation *rotation, const float *x, const float *cosines,
                const float *sines, float *y);

#endif
