/* SPDX-License-Identifier: MIT
 * What operators on batches of matrices [..., rows, columns] share. */
#ifndef LWI_MATRICES_H
#define LWI_MATRICES_H

#include "ops/op.h"

typedef struct lwi_matrices {
    size_t batch, rows, columns;
} lwi_matrices;

/* Of input 0, whose rank is at least 2. */
lwi_matrices lwi_matrices_of(const lwi_call *call);
/* Declares an output of one matrix, or with columns < 0 one vector, for each matrix of input 0. */
lw_status lwi_out_matrices(lwi_call *call, size_t output, int64_t rows, int64_t columns);
/* Matrix b of input 0 in double. */
void lwi_get_matrix(const lwi_call *call, size_t b, double *numbers);
/* LW_SHAPE if the last two dimensions of input 0 differ. */
lw_status lwi_need_square_matrices(lwi_call *call);
/* The same, and the output is like input 0. */
lw_status lwi_infer_square_matrices(lwi_call *call);
/* n elements of an output from `first` on, float32 or float64; nothing if it is not wanted. */
void lwi_put_in_matrices(lwi_call *call, size_t output, size_t first, size_t n,
                         const double *numbers);

#endif
