/* SPDX-License-Identifier: MIT
 * Views: the same elements under another shape, in another order, or some of them. */
#include "aten/lower.h"

#include <stdlib.h>

void lwi_aten_view(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const int y = NODE(a, "Reshape", x, lwi_aten_ints(a, &in[1]));
    lwi_build_int(&a->b, "allowzero", 1);
    lwi_aten_return(a, out, y);
}

/* Sizes of axes [first, last] are multiplied, the others kept. */
void lwi_aten_flatten(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), rank = lwi_aten_rank(a, x);
    const int first = lwi_aten_axis(a, &in[1], rank), last = lwi_aten_axis(a, &in[2], rank);
    int parts[LW_MAX_RANK], n = 0;
    if (rank == 0) {
        lwi_aten_return(a, out, lwi_aten_reshape(a, x, 1, (int64_t[]){1}));
        return;
    }
    if (first > last)
        lwi_aten_fail(a, LW_RANGE,
                      "flatten() has invalid args: start_dim cannot come after end_dim");
    for (int d = 0; d < rank && a->b.status == LW_OK; d++)
        if (d < first || d > last) parts[n++] = lwi_aten_size_id(a, x, d);
        else if (d == first) parts[n++] = INTS(a, -1);
    const int shape = n == 1 ? parts[0] : lwi_build(&a->b, "Concat", (size_t)n, parts);
    if (n > 1) lwi_build_int(&a->b, "axis", 0);
    lwi_aten_return(a, out, NODE(a, "Reshape", x, shape));
}

void lwi_aten_permute(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), rank = lwi_aten_rank(a, x);
    int64_t axes[LW_MAX_RANK];
    const size_t n = lwi_aten_axes(a, &in[1], rank, axes);
    lwi_aten_return(a, out, lwi_aten_transpose(a, x, n, axes));
}

static int swap(lwi_aten *a, int x, int rank, int p, int q) {
    int64_t axes[LW_MAX_RANK];
    for (int d = 0; d < rank; d++)
        axes[d] = d == p ? q : d == q ? p : d;
    return p == q ? x : lwi_aten_transpose(a, x, (size_t)rank, axes);
}

void lwi_aten_transpose_int(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), rank = lwi_aten_rank(a, x);
    const int p = lwi_aten_axis(a, &in[1], rank), q = lwi_aten_axis(a, &in[2], rank);
    lwi_aten_return(a, out, swap(a, x, rank, p, q));
}

void lwi_aten_t(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), rank = lwi_aten_rank(a, x);
    if (rank > 2)
        lwi_aten_fail(a, LW_SHAPE, "expects a tensor with <= 2 dimensions, but self is %dD", rank);
    lwi_aten_return(a, out, rank < 2 ? x : swap(a, x, 2, 0, 1));
}

void lwi_aten_unsqueeze_dim(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const int axis = lwi_aten_axis(a, &in[1], lwi_aten_rank(a, x) + 1);
    lwi_aten_return(a, out, lwi_aten_unsqueeze(a, x, axis));
}

void lwi_aten_select(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const int axis = lwi_aten_axis(a, &in[1], lwi_aten_rank(a, x));
    const int y = NODE(a, "Gather", x, lwi_aten_scalar(a, &in[2], LW_INT64));
    lwi_build_int(&a->b, "axis", axis);
    lwi_aten_return(a, out, y);
}

/* One bound of a slice as 1-D int64. */
static int bound(lwi_aten *a, const lwi_aten_value *v, int64_t absent) {
    return lwi_aten_given(v) ? lwi_aten_ints(a, v) : INTS(a, absent);
}

void lwi_aten_slice_dim(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const int axis = lwi_aten_axis(a, &in[1], lwi_aten_rank(a, x));
    const int first = bound(a, &in[2], 0), last = bound(a, &in[3], INT64_MAX);
    lwi_aten_return(a, out,
                    NODE(a, "Slice", x, first, last, INTS(a, axis), lwi_aten_ints(a, &in[4])));
}
