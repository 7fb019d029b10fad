/* SPDX-License-Identifier: MIT
 * The one matrix product of the library: MatMul, Gemm, Conv and their integer forms all are
 * Y = A B for a batch of matrices.
 *
 * Y is cut into blocks, which threads share out; for a block, parts of A and B are copied into
 * panels that fit the cache, and a tile kernel multiplies a panel of A by a panel of B. The sum
 * over k is always cut at the same places, so results do not depend on threads or blocks. A
 * backend offers a faster tile kernel; a convolution offers its own way to fill panels of B. */
#ifndef LWI_MATRIX_PRODUCT_H
#define LWI_MATRIX_PRODUCT_H

#include "ops/op.h"

/* Element (r, c) is number r * row + c * column of data. */
typedef struct lwi_matrix {
    const void *data;
    size_t row, column;
} lwi_matrix;

/* A finished part of one product's result. */
typedef struct lwi_block {
    size_t product; /* index in the batch */
    size_t row, rows, column, columns;
    void *y; /* its first element */
    size_t y_row;
} lwi_block;

/* Where to read part of B: rows [row, row + rows), columns [column, column + columns), copied to
 * panels of `width` columns: panels[p][r][c], every one of rows x width elements; columns past the
 * last one may hold any finite values. */
typedef struct lwi_panels {
    size_t product;
    size_t row, rows, column, columns, width;
    void *panels;
} lwi_panels;

typedef struct lwi_operands {
    lwi_matrix a, b;
    void *y;
    size_t y_row;
} lwi_operands;

typedef struct lwi_product {
    lw_dtype dtype; /* LW_FLOAT32, LW_FLOAT64, LW_UINT32 or LW_UINT64 (signed ones wrap alike) */
    size_t m, n, k, batch;
    const void *arg;
    void (*operands)(const void *arg, size_t product, lwi_operands *operands);
    void (*fill)(const void *arg, const lwi_panels *panels); /* NULL: B is operands' b */
    void (*finish)(const void *arg, const lwi_block *block); /* may be NULL */
} lwi_product;

/* Y += A B or Y = A B for a panel of A (k x rows of the tile, packed) and of B (its rows b_row
 * elements apart); only the first y_rows x y_columns elements are stored. */
typedef struct lwi_tile {
    size_t rows, columns;
    void (*multiply)(size_t k, const void *a, const void *b, size_t b_row, void *y, size_t y_row,
                     size_t y_rows, size_t y_columns, bool add);
    lw_dtype dtype; /* of the elements */
} lwi_tile;

/* The tile kernel of whoever runs the operator; NULL, or one of another type: the plain one. */
lw_status lwi_multiply(lwi_call *call, const lwi_product *product, const lwi_tile *tile);

/* The type with which lwi_multiply computes elements of dtype: int32 is LW_UINT32 ... */
lw_dtype lwi_product_dtype(lw_dtype dtype);

#endif
