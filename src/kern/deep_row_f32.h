/* SPDX-License-Identifier: MIT
 * A row times one panel of B, for a K that is cut into many blocks: a single row has too few sums
 * to keep the multipliers busy, so that several blocks are summed at once. */
#ifndef LWI_KERN_DEEP_ROW_F32_H
#define LWI_KERN_DEEP_ROW_F32_H

#include <stddef.h>

enum { LWI_DEEP_BLOCKS = 4 };

/* Sums of `blocks` blocks of K, at most LWI_DEEP_BLOCKS, with `depth` elements each, that follow
 * one another in a and in b, [blocks * depth][gemm_f32_columns]: those of a block go to sums[block
 * * gemm_f32_columns], each in the order of k as gemm_f32 sums. */
typedef void lwi_deep_row_f32_fn(const float *a, const float *b, size_t depth, size_t blocks,
                                 float *sums);

#endif
