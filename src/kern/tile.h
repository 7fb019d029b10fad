/* SPDX-License-Identifier: MIT
 * The innermost part of a matrix product, compiled once for each level of instruction
 * sets: a panel of A times a panel of B. */
#ifndef LWI_KERN_TILE_H
#define LWI_KERN_TILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Tiles have tile_f32_rows x tile_f32_columns elements (kernels.def), those of 64 bits half as many
 * columns.
 * Y = A B, or Y += A B if add. a: [k][rows of the tile]; b: [k] rows of at least the tile's
 * columns, b_row elements apart; only the first y_rows x y_columns elements of y are touched, its
 * rows y_row elements apart. All are of the kernel's type; integers wrap. */
typedef void lwi_tile_fn(size_t k, const void *a, const void *b, size_t b_row, void *y,
                         size_t y_row, size_t y_rows, size_t y_columns, bool add);

#endif
