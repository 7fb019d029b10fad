/* SPDX-License-Identifier: MIT
 * The innermost part of a float32 matrix product, compiled once for each level of instruction
 * sets: a panel of A times a panel of B. */
#ifndef LWI_KERN_GEMM_F32_H
#define LWI_KERN_GEMM_F32_H

#include <stdbool.h>
#include <stddef.h>

/* Y = A B, or Y += A B if add. a: [k][rows of the tile]; b: [k] rows of at least the tile's
 * columns, b_row elements apart; only the first y_rows x y_columns elements of y are touched, its
 * rows y_row elements apart. All are float. */
typedef void lwi_gemm_f32_fn(size_t k, const void *a, const void *b, size_t b_row, void *y,
                             size_t y_row, size_t y_rows, size_t y_columns, bool add);

enum {
    LWI_GEMM_F32_ROWS_AVX2 = 6,
    LWI_GEMM_F32_COLUMNS_AVX2 = 16,
    LWI_GEMM_F32_ROWS_AVX512 = 8,
    LWI_GEMM_F32_COLUMNS_AVX512 = 32,
};

lwi_gemm_f32_fn lwi_gemm_f32__avx2, lwi_gemm_f32__avx512;

#endif
