/* SPDX-License-Identifier: MIT
 * Walking over tensors under Numpy broadcasting, a row at a time. Neighbouring dimensions that all
 * operands walk through alike are merged, so that a row is as long as it can be: operands of equal
 * shapes are one row.
 *
 *     lwi_broadcast_plan plan;
 *     lwi_plan_broadcast(&plan, y->rank, y->dims, c->in, 2);
 *     ... and for elements [begin, end) of the output, in each thread:
 *     for (lwi_rows r = lwi_rows_at(&plan, begin, end); r.n; lwi_rows_next(&r))
 *         for (size_t i = 0; i < r.n; i++)
 *             y[r.out + i] = a[r.at[0] + i * r.step[0]] + b[r.at[1] + i * r.step[1]];
 *
 * A step is 0 or 1. */
#ifndef LWI_BROADCAST_H
#define LWI_BROADCAST_H

#include "ops/op.h"

enum { LWI_BROADCAST_MAX = 8 };

typedef struct lwi_broadcast_plan {
    size_t n;     /* operands */
    int rank;     /* after merging, at least 1 */
    size_t count; /* elements of the output */
    size_t dims[LW_MAX_RANK];
    size_t strides[LWI_BROADCAST_MAX][LW_MAX_RANK]; /* in elements */
} lwi_broadcast_plan;

/* n (at most LWI_BROADCAST_MAX) tensors read under the shape of the output, to which each of them
 * can be broadcast (lwi_broadcast has checked that). */
void lwi_plan_broadcast(lwi_broadcast_plan *plan, int rank, const int64_t *dims,
                        const lw_value *const *in, size_t n);

typedef struct lwi_rows {
    const lwi_broadcast_plan *plan;
    size_t out;                     /* first element of the row in the output */
    size_t n;                       /* elements of the row; 0: no more rows */
    size_t end;                     /* where the walk ends */
    size_t at[LWI_BROADCAST_MAX];   /* first element of the row in each operand */
    size_t step[LWI_BROADCAST_MAX]; /* from element to element in each operand: 0 or 1 */
    size_t index[LW_MAX_RANK];      /* of the row's first element */
} lwi_rows;

/* The first row of elements [begin, end) of the output. */
lwi_rows lwi_rows_at(const lwi_broadcast_plan *plan, size_t begin, size_t end);
void lwi_rows_next(lwi_rows *rows);

#endif
