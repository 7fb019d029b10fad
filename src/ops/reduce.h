/* SPDX-License-Identifier: MIT
 * Which axes a reduction takes away, and how its elements lie: what ReduceSum and its kin share
 * with other operators that work on groups of elements. */
#ifndef LWI_REDUCE_H
#define LWI_REDUCE_H

#include "ops/op.h"

/* A tensor's dimensions as kept ones and reduced ones, neighbours of one kind merged. */
typedef struct lwi_reduction {
    int n_kept, n_reduced;
    size_t kept[LW_MAX_RANK], kept_stride[LW_MAX_RANK];
    size_t reduced[LW_MAX_RANK], reduced_stride[LW_MAX_RANK];
    size_t groups; /* elements of the output */
    size_t size;   /* input elements for each */
} lwi_reduction;

/* axes: bit set of reduced axes. */
void lwi_plan_reduction(lwi_reduction *plan, const lw_value *x, uint32_t axes);
/* The axes that the attribute keepdims and the input axes ask for. */
lw_status lwi_reduced_axes(lwi_call *call, uint32_t *axes);

/* Where element i lies under the dimensions and strides. */
static inline size_t lwi_offset(size_t i, int n, const size_t *dims, const size_t *strides) {
    size_t at = 0;
    for (int d = n - 1; d >= 0; d--) {
        at += i % dims[d] * strides[d];
        i /= dims[d];
    }
    return at;
}

#endif
