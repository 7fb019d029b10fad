/* SPDX-License-Identifier: MIT
 * Shapes of numpy's matmul: batches of matrices that broadcast, vectors as one row or column. Used
 * by every operator of that form. */
#ifndef LWI_MATMUL_H
#define LWI_MATMUL_H

#include "ops/matrix_product.h"

/* One operand: matrices of rows x columns, at offsets that follow from the batch. */
typedef struct lwi_matmul_side {
    const lw_value *value;
    int64_t rows, columns;
    size_t row, column;          /* strides in elements */
    size_t strides[LW_MAX_RANK]; /* of the dimensions of the batch; 0 where it repeats */
} lwi_matmul_side;

typedef struct lwi_matmul {
    lwi_matmul_side a, b;
    int batch_rank, rank; /* rank: of the output */
    int64_t dims[LW_MAX_RANK + 2];
    size_t m, n, k, batch;
} lwi_matmul;

/* Inputs `a` and `b` of the call, with the attributes transA, transB, transBatchA and transBatchB
 * where the operator has them. */
lw_status lwi_matmul_shape(const lwi_call *call, size_t a, size_t b, lwi_matmul *matmul);
/* Makes products that share B and whose A's follow one another one tall product. */
void lwi_matmul_fold(lwi_matmul *matmul);
/* Element offset of product i's matrix in an operand. */
size_t lwi_matmul_offset(const lwi_matmul *matmul, const lwi_matmul_side *side, size_t product);
/* Y = A B over data of the product's type; finish and its arg are as in lwi_product. */
lw_status lwi_matmul_multiply(lwi_call *call, const lwi_matmul *matmul, lw_dtype dtype,
                              const void *a, const void *b, void *y,
                              void (*finish)(const void *arg, const lwi_block *block),
                              const void *arg, const lwi_tile *tile_f32);

/* MatMul with a tile kernel of the caller's. */
lw_status lwi_matmul_run(lwi_call *call, const lwi_tile *tile_f32);

#endif
