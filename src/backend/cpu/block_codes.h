/* SPDX-License-Identifier: MIT
 * What stands in the blocks of GGUF files that have a form in kern/block_dot.h. */
#ifndef LWI_BLOCK_CODES_H
#define LWI_BLOCK_CODES_H

#include "kern/block_dot.h"

/* The codes of 32 numbers: those of part `part` of a block of the type. */
void lwi_block_codes(uint32_t type, const uint8_t *block, int part, uint8_t codes[LWI_BLOCK_PART]);
/* Writes the scales of row r: into the head, if there is one to be written, and the part. */
void lwi_block_scales(uint32_t type, lwi_block_scaling scaling, const uint8_t *block, int part,
                      int r, uint8_t *head, uint8_t *to);

#endif
