/* SPDX-License-Identifier: MIT
 * lampwick.MatMul: Y = alpha A' B' + bias, then the epilogue (epilogue.h). A and B are as in
 * MatMul, except that both have at least two dimensions and the attributes transA and transB turn
 * their last two; bias is [columns] or left out. All are float32. Passes make it. */
#ifndef LWI_MATMUL_FUSED_H
#define LWI_MATMUL_FUSED_H

#include "ops/matrix_product.h"

enum { LWI_MATMUL_FUSED_INPUTS = 3 }; /* A, B, bias; the operands of the epilogue follow */

/* With a tile kernel of the caller's (NULL: the plain one). finish is called with each finished
 * block, which has its bias and is clamped, and runs the program on it; NULL: done here, by the
 * reference. block->product counts the matrices of the output. */
lw_status lwi_matmul_fused_run(lwi_call *call, const lwi_tile *tile_f32,
                               void (*finish)(const void *arg, const lwi_block *block),
                               const void *arg);

#endif
