/* SPDX-License-Identifier: MIT
 * Products of float32 rows with rows that are quantised in blocks. */
#ifndef LWI_KERN_NBITS_DOT_H
#define LWI_KERN_NBITS_DOT_H

#include <stddef.h>
#include <stdint.h>

/* The sum over all blocks b of scales[b] * sum of a[i] (code[i] - zeros[b]). Codes of 2, 4 or 8
 * bits, lowest bits first; block is a multiple of 16. */
typedef float lwi_nbits_dot_fn(const float *a, const uint8_t *codes, unsigned bits,
                               const float *scales, const float *zeros, size_t blocks,
                               size_t block);

#endif
