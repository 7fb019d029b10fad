/* SPDX-License-Identifier: MIT
 * Floats as three 8-bit codes each, for products with codes that are exact: x is
 * scale * (65536 a + 256 b + c), with codes in [-128, 127] and one scale for a row. */
#ifndef LWI_KERN_SPLIT_F32_H
#define LWI_KERN_SPLIT_F32_H

#include <stddef.h>
#include <stdint.h>

enum { LWI_SPLIT_PLANES = 3 };

/* The n numbers of a row: a, b and c go to codes, `plane` bytes apart. flip: by which each byte is
 * flipped; 0x80 makes them unsigned. Returns the scale: NaN if a number is not finite, whose row
 * has zeros then. */
typedef float lwi_split_f32_fn(const float *x, size_t n, uint8_t flip, uint8_t *codes,
                               size_t plane);
/* y[i] = (start ? start[i] : 0) + scale * sum of the products, of which those with a, b and c are
 * in sums, `plane` numbers apart. start may be y. */
typedef void lwi_join_split_f32_fn(const int32_t *sums, size_t plane, size_t n, float scale,
                                   const float *start, float *y);

#endif
