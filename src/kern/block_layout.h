/* SPDX-License-Identifier: MIT
 * Tables of values that some forms of block_dot.h have, their zeros added. */
#ifndef LWI_KERN_BLOCK_LAYOUT_H
#define LWI_KERN_BLOCK_LAYOUT_H

#include "kern/block_dot.h"

extern const uint8_t lwi_block_iq4_values[16];
/* Twice the numbers of type E2M1. */
extern const uint8_t lwi_block_fp4_values[16];
/* The IQ types' levels (base/blocks_decode_iq.c), each with what is added to it: `zero`. */
extern const uint8_t lwi_block_iq1_values[16], lwi_block_iq2_values[16];
extern const uint8_t lwi_block_iq3_xxs_values[16], lwi_block_iq3_s_values[16];

#endif
