/* SPDX-License-Identifier: MIT
 * The part of block_product.h for weights that are multiplied in float32: float32, float16 and
 * bfloat16, which are packed once in the panels of kern/gemm_f32.h at the width that they have in
 * the file; and those that are decoded in each run, because they have no packed form or are no
 * constants. The sum over K is cut at places that depend on K alone and goes in its order between
 * them, for one row as for many. */
#ifndef LWI_BLOCK_FLOATS_H
#define LWI_BLOCK_FLOATS_H

#include "backend/cpu/block_product.h"

lw_status lwi_block_floats_prepare(lwi_call *call, size_t input, lwi_block_weights *weights);
lw_status lwi_block_floats_begin(lwi_call *call, const lwi_block_product *other,
                                 lwi_block_product *product);
void lwi_block_floats_multiply(lwi_block_product *product, const lwi_block_part *part);

#endif
