/* SPDX-License-Identifier: MIT
 * float16 and bfloat16 numbers, or a row of base/q8_row.h, of any alignment, as float32; and
 * float32 rounded to float16, to the nearest, ties to even. */
#ifndef LWI_KERN_WIDEN_F32_H
#define LWI_KERN_WIDEN_F32_H

#include <stddef.h>
#include <stdint.h>

typedef void lwi_widen_f32_fn(const void *from, size_t n, float *to);
typedef void lwi_narrow_f32_fn(const float *from, size_t n, uint16_t *to);

#endif
