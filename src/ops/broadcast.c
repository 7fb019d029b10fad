/* SPDX-License-Identifier: MIT */
#include "ops/broadcast.h"

#include <string.h>

/* Dimension d + 1 continues dimension d: in every operand a step of d is a whole turn of d + 1. */
static bool mergeable(const lwi_broadcast_plan *p, size_t strides[][LW_MAX_RANK], int d,
                      size_t inner) {
    for (size_t k = 0; k < p->n; k++)
        if (strides[k][d] != p->strides[k][p->rank - 1] * inner) return false;
    return true;
}

/* Builds the merged dimensions from the innermost outwards, in reverse order. */
static void merge(lwi_broadcast_plan *p, int rank, const int64_t *dims,
                  size_t strides[][LW_MAX_RANK]) {
    for (int d = rank - 1; d >= 0; d--) {
        const size_t dim = (size_t)dims[d];
        if (dim == 1) continue;
        if (p->rank > 0 && mergeable(p, strides, d, p->dims[p->rank - 1])) {
            p->dims[p->rank - 1] *= dim;
            continue;
        }
        p->dims[p->rank] = dim;
        for (size_t k = 0; k < p->n; k++)
            p->strides[k][p->rank] = strides[k][d];
        p->rank++;
    }
}

static void swap(size_t *a, size_t *b) {
    const size_t t = *a;
    *a = *b;
    *b = t;
}

void lwi_plan_broadcast(lwi_broadcast_plan *p, int rank, const int64_t *dims,
                        const lw_value *const *in, size_t n) {
    size_t strides[LWI_BROADCAST_MAX][LW_MAX_RANK];
    *p = (lwi_broadcast_plan){.n = n, .count = 1};
    for (int d = 0; d < rank; d++)
        if (dims[d] == 0) p->count = 0;
    if (p->count == 0) return; /* the other dimensions may be huge */
    for (int d = 0; d < rank; d++)
        p->count *= (size_t)dims[d];
    for (size_t k = 0; k < n; k++)
        lwi_broadcast_strides(in[k], rank, strides[k]);
    merge(p, rank, dims, strides);
    if (p->rank == 0) p->dims[p->rank++] = 1;
    for (int a = 0, b = p->rank - 1; a < b; a++, b--) {
        swap(&p->dims[a], &p->dims[b]);
        for (size_t k = 0; k < n; k++)
            swap(&p->strides[k][a], &p->strides[k][b]);
    }
}

/* The length of the row at the current index, within the walk. */
static void measure(lwi_rows *r) {
    const int last = r->plan->rank - 1;
    const size_t row = r->plan->dims[last] - r->index[last], left = r->end - r->out;
    r->n = row < left ? row : left;
}

lwi_rows lwi_rows_at(const lwi_broadcast_plan *plan, size_t begin, size_t end) {
    lwi_rows r = {.plan = plan, .out = begin, .end = end};
    if (begin >= end) return r;
    size_t rest = begin;
    for (int d = plan->rank - 1; d >= 0; d--) {
        r.index[d] = rest % plan->dims[d];
        rest /= plan->dims[d];
        for (size_t k = 0; k < plan->n; k++)
            r.at[k] += r.index[d] * plan->strides[k][d];
    }
    for (size_t k = 0; k < plan->n; k++)
        r.step[k] = plan->strides[k][plan->rank - 1];
    measure(&r);
    return r;
}

void lwi_rows_next(lwi_rows *r) {
    const lwi_broadcast_plan *p = r->plan;
    r->out += r->n;
    if (r->out >= r->end) {
        r->n = 0;
        return;
    }
    /* The row has reached its end: carry into the outer dimensions. */
    int d = p->rank - 1;
    for (size_t k = 0; k < p->n; k++)
        r->at[k] -= r->index[d] * p->strides[k][d];
    r->index[d] = 0;
    while (--d >= 0) {
        for (size_t k = 0; k < p->n; k++)
            r->at[k] += p->strides[k][d];
        if (++r->index[d] < p->dims[d]) break;
        for (size_t k = 0; k < p->n; k++)
            r->at[k] -= p->dims[d] * p->strides[k][d];
        r->index[d] = 0;
    }
    measure(r);
}
