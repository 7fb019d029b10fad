/* SPDX-License-Identifier: MIT
 * One driver for all that only moves elements between two regular grids: Transpose, Slice, Expand,
 * Tile, Concat, Split ... Both sides are walked by a step for each dimension, which may be 0
 * (repeat) or negative (backwards).
 *
 *     lwi_strided_copy s = {.size = element size, .from = x, .to = y};
 *     lwi_strided_add(&s, dim, from_step, to_step); ... for each dimension, outermost first
 *     lwi_strided_run(call, &s); */
#ifndef LWI_STRIDED_COPY_H
#define LWI_STRIDED_COPY_H

#include "ops/op.h"

enum { LWI_STRIDED_MAX = 2 * LW_MAX_RANK + 2 };

typedef struct lwi_strided_copy {
    size_t size; /* bytes of an element: 1, 2, 4, 8 or 16 */
    const void *from;
    void *to;
    int rank;
    size_t dims[LWI_STRIDED_MAX];
    ptrdiff_t from_step[LWI_STRIDED_MAX], to_step[LWI_STRIDED_MAX]; /* in elements */
} lwi_strided_copy;

/* Adds a dimension inside those that are there, merged with the last one where it can be. Only for
 * tensors that have elements: then no step overflows. */
void lwi_strided_add(lwi_strided_copy *s, size_t dim, ptrdiff_t from_step, ptrdiff_t to_step);
void lwi_strided_run(const lwi_call *call, const lwi_strided_copy *s);

/* rows times n elements that lie side by side, from_row and to_row elements apart. */
void lwi_copy_rows(const lwi_call *call, size_t size, const void *from, size_t from_row, void *to,
                   size_t to_row, size_t rows, size_t n);

#endif
