/* SPDX-License-Identifier: MIT
 * The innermost part of a float32 matrix product, compiled once for each level of instruction
 * sets: a panel of A times a panel of B. */
#ifndef LWI_KERN_TILE_F32_H
#define LWI_KERN_TILE_F32_H

#include <stdbool.h>
#include <stddef.h>

/* Tiles have tile_f32_rows x tile_f32_columns elements (kernels.def).
 * Y = A B, or Y += A B if add. a: [k][rows of the tile]; b: [k] rows of at least the tile's
 * columns, b_row elements apart; only the first y_rows x y_columns elements of y are touched, its
 * rows y_row elements apart. All are float. */
typedef void lwi_tile_f32_fn(size_t k, const void *a, const void *b, size_t b_row, void *y,
                             size_t y_row, size_t y_rows, size_t y_columns, bool add);

#endif
