/* SPDX-License-Identifier: MIT
 * Tables of values that some forms of block_dot.h have, 128 added. */
#ifndef LWI_KERN_BLOCK_LAYOUT_H
#define LWI_KERN_BLOCK_LAYOUT_H

#include "kern/block_dot.h"

extern const uint8_t lwi_block_iq4_values[16];
/* Twice the numbers of type E2M1. */
extern const uint8_t lwi_block_fp4_values[16];

#endif
