/* SPDX-License-Identifier: MIT
 * Trained weights that have decayed to almost nothing are subnormal numbers: below 1.2e-38 in
 * magnitude. A processor takes a hundred times as long for a product with one, and the product
 * counts for nothing in a sum. */
#ifndef LWI_DROP_DENORMALS_H
#define LWI_DROP_DENORMALS_H

#include <stddef.h>

/* Makes those among n packed weights zero. */
void lwi_drop_denormals(float *weights, size_t n);

#endif
