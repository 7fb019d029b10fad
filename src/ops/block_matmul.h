/* SPDX-License-Identifier: MIT
 * Products with weights in the blocks of GGUF files (domain lampwick): what the operators and their
 * faster kernels share. */
#ifndef LWI_BLOCK_MATMUL_H
#define LWI_BLOCK_MATMUL_H

#include "base/blocks.h"
#include "ops/op.h"

/* The attributes format and K, and whether the rows of input `weights` have that size. */
typedef struct lwi_block_rows {
    const lwi_block_type *type;
    size_t k;       /* elements of a row */
    size_t bytes;   /* of a row */
    size_t n;       /* rows: of a matrix, or of each in a stack */
    size_t experts; /* matrices in a stack; 1 */
} lwi_block_rows;
lw_status lwi_block_rows_read(const lwi_call *call, size_t weights, lwi_block_rows *rows);

#endif
