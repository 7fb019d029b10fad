/* SPDX-License-Identifier: MIT
 * Products of float32 rows with rows that are quantised in blocks. */
#ifndef LWI_KERN_NBITS_DOT_H
#define LWI_KERN_NBITS_DOT_H

#include <stddef.h>
#include <stdint.h>

/* As lwi_nbits_dot in ops/matmul_nbits.h says. */
float lwi_nbits_dot__avx2(const float *a, const uint8_t *codes, unsigned bits, const float *scales,
                          const float *zeros, size_t blocks, size_t block);

#endif
