/* SPDX-License-Identifier: MIT
 * What operators on batches of square matrices [..., n, n] share. */
#ifndef LWI_SQUARE_MATRICES_H
#define LWI_SQUARE_MATRICES_H

#include "ops/op.h"

/* The output is like input 0; LW_SHAPE if its last two dimensions differ. */
lw_status lwi_infer_square_matrices(lwi_call *call);
/* Element i of output 0, float32 or float64. */
void lwi_put_in_matrices(lwi_call *call, size_t i, double number);

#endif
