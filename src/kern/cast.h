/* SPDX-License-Identifier: MIT
 * Loops from one type to another, one for each pair of cast.def and level of instruction sets. */
#ifndef LWI_KERN_CAST_H
#define LWI_KERN_CAST_H

#include <stddef.h>

/* y[i] = x[i] as ONNX's Cast does it. Returns how many of the n elements were cast: it stops before
 * a stretch with numbers of a kind that it leaves to others. */
typedef size_t lwi_cast_fn(const void *x, void *y, size_t n);

#endif
