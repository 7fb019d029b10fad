/* SPDX-License-Identifier: MIT
 * Views: the same elements under another shape, in another order, or some of them. */
#include "aten/lower.h"

#include <string.h>

void lwi_aten_view(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const int y = NODE(a, "Reshape", x, lwi_aten_ints(a, &in[1]));
    lwi_build_int(&a->b, "allowzero", 1);
    lwi_aten_return(a, out, y);
}

/* self, size: the first elements under another shape */
void lwi_aten_resize(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), shape = lwi_aten_ints(a, &in[1]), none = INTS(a, 0);
    const int count = NODE(a, "ReduceProd", shape);
    const int first = NODE(a, "Slice", lwi_aten_reshape(a, x, 1, (int64_t[]){-1}), none, count);
    const int y = NODE(a, "Reshape", first, shape);
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

/* self, size: -1 is as it is */
void lwi_aten_expand(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    lwi_aten_value sizes[LW_MAX_RANK];
    const size_t n = in[1].list.n;
    if (n > LW_MAX_RANK) lwi_aten_fail(a, LW_LIMIT, "%zu dimensions", n);
    for (size_t i = 0; i < n && a->b.status == LW_OK; i++) {
        sizes[i] = in[1].list.items[i];
        if (sizes[i].id < 0 && sizes[i].kind == LWI_ATEN_INT && sizes[i].i == -1) sizes[i].i = 1;
    }
    if (a->b.status != LW_OK) return;
    const lwi_aten_value shape = lwi_aten_list(a, n, sizes);
    lwi_aten_return(a, out, NODE(a, "Expand", x, lwi_aten_ints(a, &shape)));
}

void lwi_aten_expand_as(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    lwi_aten_return(a, out, NODE(a, "Expand", x, lwi_aten_shape(a, lwi_aten_id(a, &in[1]))));
}

/* ------------------------------------------------------------------ dimensions */

void lwi_aten_view_as(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const int y = NODE(a, "Reshape", x, lwi_aten_shape(a, lwi_aten_id(a, &in[1])));
    lwi_build_int(&a->b, "allowzero", 1);
    lwi_aten_return(a, out, y);
}

void lwi_aten_ravel(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_return(a, out, lwi_aten_reshape(a, lwi_aten_id(a, &in[0]), 1, (int64_t[]){-1}));
}

/* The same bytes as elements of another type of the same size. */
void lwi_aten_view_dtype(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int y = NODE(a, "BitCast", lwi_aten_id(a, &in[0]));
    lwi_build_int(&a->b, "to", lwi_aten_get_dtype(a, &in[1], LW_FLOAT32));
    lwi_aten_return(a, out, y);
}

int lwi_aten_concat(lwi_aten *a, int axis, size_t n, const int *ids) {
    if (n == 1 || a->b.status != LW_OK) return n ? ids[0] : -1;
    const int y = lwi_build(&a->b, "Concat", n, ids);
    lwi_build_int(&a->b, "axis", axis);
    return y;
}

/* self, dim, sizes that take the dimension's place */
void lwi_aten_unflatten(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), rank = lwi_aten_rank(a, x);
    const int axis = lwi_aten_axis(a, &in[1], rank);
    int parts[LW_MAX_RANK];
    for (int d = 0; d < rank && a->b.status == LW_OK; d++)
        parts[d] = d == axis ? lwi_aten_ints(a, &in[2]) : lwi_aten_size_id(a, x, d);
    if (a->b.status != LW_OK) return;
    const int shape = lwi_aten_concat(a, 0, (size_t)rank, parts);
    lwi_aten_return(a, out, NODE(a, "Reshape", x, shape));
}

/* Dimensions of another size than 1 stay. */
void lwi_aten_squeeze_dims(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), rank = lwi_aten_rank(a, x);
    const lwi_aten_value none = lwi_aten_none();
    const bool all = !strcmp(a->row->overload, "");
    int64_t axes[LW_MAX_RANK];
    size_t n = 0, given = 0;
    if (rank > 0) given = lwi_aten_axes(a, all ? &none : &in[1], rank, axes);
    if (!all && in[1].kind == LWI_ATEN_LIST && in[1].list.n == 0) given = 0;
    for (size_t i = 0; i < given; i++)
        if (lwi_aten_dim(a, x, (int)axes[i]) == 1) axes[n++] = axes[i];
    lwi_aten_return(a, out, n ? NODE(a, "Squeeze", x, lwi_build_ints(&a->b, n, axes)) : x);
}

/* Made to have at least so many dimensions as the row's name says: [n] becomes [1, n], [1, n, 1];
 * [m, n] becomes [m, n, 1]. */
int lwi_aten_at_least(lwi_aten *a, int x, int least) {
    const int rank = lwi_aten_rank(a, x);
    if (rank >= least) return x;
    if (rank == 0) return lwi_aten_reshape(a, x, (size_t)least, (int64_t[]){1, 1, 1});
    if (rank == 1) x = lwi_aten_unsqueeze(a, x, 0);
    return least == 3 ? lwi_aten_unsqueeze(a, x, 2) : x;
}

void lwi_aten_atleast(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int least = a->row->name[8] - '0'; /* "atleast_2d" */
    lwi_aten_return(a, out, lwi_aten_at_least(a, lwi_aten_id(a, &in[0]), least));
}

/* ----------------------------------------------------------------------- order */

/* Axes `from` go to places `to`, the others keep their order. */
int lwi_aten_move(lwi_aten *a, int x, size_t n, const int64_t *from, const int64_t *to) {
    const int rank = lwi_aten_rank(a, x);
    int64_t order[LW_MAX_RANK];
    bool moved[LW_MAX_RANK] = {false};
    for (int d = 0; d < rank; d++)
        order[d] = -1;
    for (size_t i = 0; i < n; i++) {
        order[to[i]] = from[i];
        moved[from[i]] = true;
    }
    for (int d = 0, next = 0; d < rank; d++) {
        if (order[d] >= 0) continue;
        while (next < rank - 1 && moved[next])
            next++;
        order[d] = next++;
    }
    return lwi_aten_transpose(a, x, (size_t)rank, order);
}

/* self, source, destination: numbers or lists */
void lwi_aten_movedim(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), rank = lwi_aten_rank(a, x);
    int64_t from[LW_MAX_RANK], to[LW_MAX_RANK];
    const size_t n = lwi_aten_axes(a, &in[1], rank, from);
    if (lwi_aten_axes(a, &in[2], rank, to) != n)
        lwi_aten_fail(a, LW_INVALID, "source and destination dims must have the same length");
    if (a->b.status == LW_OK) lwi_aten_return(a, out, lwi_aten_move(a, x, n, from, to));
}

void lwi_aten_reversed(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), rank = lwi_aten_rank(a, x);
    int64_t order[LW_MAX_RANK];
    for (int d = 0; d < rank; d++)
        order[d] = rank - 1 - d;
    lwi_aten_return(a, out, rank < 2 ? x : lwi_aten_transpose(a, x, (size_t)rank, order));
}

void lwi_aten_last_swapped(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), rank = lwi_aten_rank(a, x);
    if (rank < 2) lwi_aten_fail(a, LW_SHAPE, "expects a tensor with at least 2 dimensions");
    if (a->b.status == LW_OK) lwi_aten_return(a, out, swap(a, x, rank, rank - 2, rank - 1));
}

/* self, dim, start, length */
void lwi_aten_narrow(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const int axis = lwi_aten_axis(a, &in[1], lwi_aten_rank(a, x));
    lwi_aten_value first = in[2];
    if (first.id < 0 && first.kind == LWI_ATEN_INT && first.i < 0) {
        const lwi_aten_value size = lwi_aten_size(a, x, axis);
        first = lwi_aten_number(a, "add", &first, &size);
    }
    const lwi_aten_value last = lwi_aten_number(a, "add", &first, &in[3]);
    lwi_aten_return(
        a, out,
        NODE(a, "Slice", x, lwi_aten_ints(a, &first), lwi_aten_ints(a, &last), INTS(a, axis)));
}
