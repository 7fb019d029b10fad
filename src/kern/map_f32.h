/* SPDX-License-Identifier: MIT
 * Loops over float arrays, one for each function of map_f32.def and level of instruction sets. */
#ifndef LWI_KERN_MAP_F32_H
#define LWI_KERN_MAP_F32_H

#include <stddef.h>

/* y[i] = f(x[i], a); x and y may be the same. */
typedef void lwi_map_f32_fn(const float *x, float *y, size_t n, float a);

#endif
