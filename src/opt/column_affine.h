/* SPDX-License-Identifier: MIT
 * Nodes that multiply by constants or add them, one number for each column (the last dimension),
 * so that a product before or after them can do it. */
#ifndef LWI_COLUMN_AFFINE_H
#define LWI_COLUMN_AFFINE_H

#include "opt/rewrite.h"

/* y = x factor + sign term, for each column; NULL: 1 and 0. */
typedef struct lwi_affine {
    const lw_value *factor, *term;
    bool divide; /* by the factor */
    double sign;
} lwi_affine;

/* A float32 constant with one element, or one for each column; NULL: it is none, or its rank is
 * above `rank`. */
const lw_value *lwi_column_constant(const lwi_rewrite *r, int value, int rank, int64_t columns);
/* Element i of such a constant, which may lie anywhere in a file. */
double lwi_column_at(const lw_value *constant, size_t i);
double lwi_affine_factor(const lwi_affine *a, size_t i);
double lwi_affine_term(const lwi_affine *a, size_t i); /* with its sign */
/* Whether the node is Add, Sub, Mul or Div of x, which has the rank, and such a constant. */
bool lwi_read_affine(const lwi_rewrite *r, const lwi_node *node, int x, int rank, int64_t columns,
                     lwi_affine *a);

#endif
