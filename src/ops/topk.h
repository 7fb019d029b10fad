/* SPDX-License-Identifier: MIT
 * What a TopK looks through, and where its results go. */
#ifndef LWI_TOPK_H
#define LWI_TOPK_H

#include "ops/op.h"

typedef struct lwi_topk {
    const void *x;
    size_t rows, dim, inner; /* rows of dim elements that lie inner apart; no rows: nothing to do */
    size_t k;
    bool largest;
} lwi_topk;

lw_status lwi_topk_read(const lwi_call *call, lwi_topk *topk);
/* Where a row begins, in elements. */
static inline size_t lwi_topk_row(const lwi_topk *t, size_t row) {
    return row / t->inner * t->dim * t->inner + row % t->inner;
}
/* The results of a row: best has the places of its k elements, best first. */
void lwi_topk_write(const lwi_call *call, const lwi_topk *topk, size_t row, const int64_t *best);

#endif
