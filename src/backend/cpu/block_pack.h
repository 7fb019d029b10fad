/* SPDX-License-Identifier: MIT
 * Blocks of GGUF files in the panels of kern/block_dot.h. */
#ifndef LWI_BLOCK_PACK_H
#define LWI_BLOCK_PACK_H

#include "base/blocks.h"
#include "kern/block_dot.h"

typedef struct lwi_block_pack {
    const lwi_block_type *type;
    lwi_block_dot_form form;
    size_t rows, k;   /* of one matrix */
    size_t row_bytes; /* in the file */
    size_t matrices;  /* that follow each other */
} lwi_block_pack;

/* false: there is no form for the type. */
bool lwi_block_form(uint32_t type, lwi_block_dot_form *form);
/* Bytes of a packed matrix. */
size_t lwi_block_packed_bytes(const lwi_block_pack *pack);
/* All matrices of the file's bytes. */
void lwi_block_pack_all(const lwi_block_pack *pack, const uint8_t *from, uint8_t *to);

#endif
