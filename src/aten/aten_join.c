/* SPDX-License-Identifier: MIT
 * Tensors side by side, and copies of one. */
#include "aten/lower.h"

#include <string.h>

enum { MOST = 1024 };

size_t lwi_aten_tensors(lwi_aten *a, const lwi_aten_value *v, size_t max, int *ids) {
    const lwi_aten_value *items[MOST];
    const size_t n = v->kind == LWI_ATEN_LIST ? v->list.n : 0;
    if (n == 0 || n > max || n > MOST)
        lwi_aten_fail(a, LW_LIMIT, "a list of %zu tensors, expected 1 to %zu", n, max);
    if (a->b.status != LW_OK) return 0;
    for (size_t i = 0; i < n; i++)
        items[i] = &v->list.items[i];
    const lw_dtype dtype = lwi_aten_promoted(a, n, items);
    for (size_t i = 0; i < n; i++)
        ids[i] = lwi_aten_as(a, items[i], dtype);
    return a->b.status == LW_OK ? n : 0;
}

/* The old form of an empty tensor, [0], fits any. */
static size_t drop_empty(lwi_aten *a, size_t n, int *ids) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (lwi_aten_rank(a, ids[i]) != 1 || lwi_aten_dim(a, ids[i], 0) != 0) ids[kept++] = ids[i];
    return kept ? kept : n > 0;
}

/* tensors, dim */
void lwi_aten_cat(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int ids[MOST];
    const size_t n = drop_empty(a, lwi_aten_tensors(a, &in[0], MOST, ids), ids);
    if (n == 0) return;
    const int axis = lwi_aten_axis(a, &in[1], lwi_aten_rank(a, ids[0]));
    lwi_aten_return(a, out, lwi_aten_concat(a, axis, n, ids));
}

void lwi_aten_stack(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int ids[MOST];
    const size_t n = lwi_aten_tensors(a, &in[0], MOST, ids);
    if (n == 0) return;
    const int axis = lwi_aten_axis(a, &in[1], lwi_aten_rank(a, ids[0]) + 1);
    for (size_t i = 0; i < n; i++)
        ids[i] = lwi_aten_unsqueeze(a, ids[i], axis);
    lwi_aten_return(a, out, lwi_aten_concat(a, axis, n, ids));
}

/* Along an axis, when all have at least so many dimensions. */
static void join(lwi_aten *a, const lwi_aten_value *in, int least, int axis, lwi_aten_value *out) {
    int ids[MOST];
    const size_t n = lwi_aten_tensors(a, &in[0], MOST, ids);
    for (size_t i = 0; i < n; i++)
        ids[i] = lwi_aten_at_least(a, ids[i], least);
    if (n) lwi_aten_return(a, out, lwi_aten_concat(a, axis, n, ids));
}

void lwi_aten_hstack(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const lwi_aten_value *first =
        in[0].kind == LWI_ATEN_LIST && in[0].list.n ? in[0].list.items : NULL;
    join(a, in, 1, first && lwi_aten_rank(a, lwi_aten_id(a, first)) > 1, out);
}

void lwi_aten_vstack(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    join(a, in, 2, 0, out);
}

void lwi_aten_dstack(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    join(a, in, 3, 2, out);
}

/* Tensors of one dimension become columns. */
void lwi_aten_column_stack(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int ids[MOST];
    const size_t n = lwi_aten_tensors(a, &in[0], MOST, ids);
    for (size_t i = 0; i < n; i++)
        if (lwi_aten_rank(a, ids[i]) < 2)
            ids[i] = lwi_aten_reshape(a, ids[i], 2, (int64_t[]){-1, 1});
    if (n) lwi_aten_return(a, out, lwi_aten_concat(a, 1, n, ids));
}

/* Matrices along the diagonal of one: each as wide as all, one below the other. */
void lwi_aten_block_diag(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int ids[MOST], widths[MOST];
    const size_t n = lwi_aten_tensors(a, &in[0], MOST, ids);
    int before = INTS(a, 0), after = before;
    for (size_t i = 0; i < n; i++) {
        ids[i] = lwi_aten_at_least(a, ids[i], 2);
        widths[i] = lwi_aten_size_id(a, ids[i], 1);
        after = NODE(a, "Add", after, widths[i]);
    }
    for (size_t i = 0; i < n; i++) {
        after = NODE(a, "Sub", after, widths[i]);
        const int zero = INTS(a, 0), pads[4] = {zero, before, zero, after};
        ids[i] = NODE(a, "Pad", ids[i], lwi_aten_concat(a, 0, 4, pads));
        before = NODE(a, "Add", before, widths[i]);
    }
    if (n) lwi_aten_return(a, out, lwi_aten_concat(a, 0, n, ids));
}

/* All choices of one element of each, as rows. */
void lwi_aten_cartesian_prod(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int ids[MOST];
    const size_t n = in[0].list.n;
    const lwi_aten_value grid = lwi_aten_apply(a, "meshgrid", 1, in);
    if (n == 1) *out = in[0].list.items[0];
    if (n == 1 || lwi_aten_tensors(a, &grid, MOST, ids) != n) return;
    for (size_t i = 0; i < n; i++)
        ids[i] = lwi_aten_reshape(a, ids[i], 2, (int64_t[]){-1, 1});
    lwi_aten_return(a, out, lwi_aten_concat(a, 1, n, ids));
}

/* -------------------------------------------------------------------- copies */

/* self, how often along each dimension; missing numbers, or missing dimensions, in front are 1 */
void lwi_aten_repeat(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = lwi_aten_id(a, &in[0]);
    const int rank = lwi_aten_rank(a, x);
    lwi_aten_value times[LW_MAX_RANK];
    const size_t n = in[1].list.n, all = n > (size_t)rank ? n : (size_t)rank;
    if (all > LW_MAX_RANK) lwi_aten_fail(a, LW_LIMIT, "%zu dimensions", all);
    if (a->b.status != LW_OK) return;
    for (size_t i = 0; i < all; i++)
        times[i] = i + n < all ? lwi_aten_int(1) : in[1].list.items[i + n - all];
    for (size_t d = (size_t)rank; d < all; d++)
        x = lwi_aten_unsqueeze(a, x, 0);
    const lwi_aten_value list = lwi_aten_list(a, all, times);
    lwi_aten_return(a, out, all ? NODE(a, "Tile", x, lwi_aten_ints(a, &list)) : x);
}

/* self, repeats, dim: each element as often, one copy beside the other */
void lwi_aten_repeat_interleave(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = lwi_aten_id(a, &in[0]), parts[LW_MAX_RANK];
    if (!lwi_aten_given(&in[2])) x = lwi_aten_reshape(a, x, 1, (int64_t[]){-1});
    const int rank = lwi_aten_rank(a, x);
    const int axis = lwi_aten_given(&in[2]) ? lwi_aten_axis(a, &in[2], rank) : 0;
    lwi_aten_value times[LW_MAX_RANK + 1];
    if (rank == LW_MAX_RANK) lwi_aten_fail(a, LW_LIMIT, "%d dimensions", rank);
    if (a->b.status != LW_OK) return;
    for (int d = 0; d <= rank; d++)
        times[d] = d == axis + 1 ? in[1] : lwi_aten_int(1);
    for (int d = 0; d < rank; d++)
        parts[d] = d == axis ? INTS(a, -1) : lwi_aten_size_id(a, x, d);
    const lwi_aten_value list = lwi_aten_list(a, (size_t)rank + 1, times);
    const int tiled = NODE(a, "Tile", lwi_aten_unsqueeze(a, x, axis + 1), lwi_aten_ints(a, &list));
    const int shape = lwi_aten_concat(a, 0, (size_t)rank, parts);
    lwi_aten_return(a, out, NODE(a, "Reshape", tiled, shape));
}

/* i, repeats[i] times: how many of the sums of repeats are not above each place */
static int interleaved(lwi_aten *a, int repeats) {
    repeats = lwi_aten_cast(a, repeats, LW_INT64);
    const int ends = NODE(a, "CumSum", repeats, lwi_aten_int_scalar(a, 0));
    const int count = NODE(a, "ReduceSum", repeats, INTS(a, 0));
    lwi_build_int(&a->b, "keepdims", 0);
    const int places =
        NODE(a, "Range", lwi_aten_int_scalar(a, 0), count, lwi_aten_int_scalar(a, 1));
    lwi_aten_declare(a, places, LW_INT64, 1, (int64_t[]){-1});
    const int passed = NODE(a, "LessOrEqual", ends, lwi_aten_unsqueeze(a, places, 1));
    const int numbers = NODE(a, "ReduceSum", lwi_aten_cast(a, passed, LW_INT64), INTS(a, 1));
    lwi_build_int(&a->b, "keepdims", 0);
    return numbers;
}

void lwi_aten_repeat_indices(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_return(a, out, interleaved(a, lwi_aten_id(a, &in[0])));
}

/* self, repeats, dim */
void lwi_aten_repeat_interleave_each(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = lwi_aten_id(a, &in[0]);
    if (!lwi_aten_given(&in[2])) x = lwi_aten_reshape(a, x, 1, (int64_t[]){-1});
    const int axis = lwi_aten_given(&in[2]) ? lwi_aten_axis(a, &in[2], lwi_aten_rank(a, x)) : 0;
    const int y = NODE(a, "Gather", x, interleaved(a, lwi_aten_id(a, &in[1])));
    lwi_build_int(&a->b, "axis", axis);
    lwi_aten_return(a, out, y);
}

/* Tensors in the shape that they all broadcast to. */
void lwi_aten_broadcast_tensors(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_value results[MOST];
    const size_t n = in[0].list.n < MOST ? in[0].list.n : 0;
    int all = -1;
    for (size_t i = 0; i < n; i++) {
        const int zeros = NODE(a, "Expand", lwi_aten_fill(a, LW_BOOL, 0),
                               lwi_aten_shape(a, lwi_aten_id(a, &in[0].list.items[i])));
        all = all < 0 ? zeros : NODE(a, "Or", all, zeros);
    }
    const int shape = n ? lwi_aten_shape(a, all) : -1;
    for (size_t i = 0; i < n; i++)
        results[i] =
            lwi_aten_tensor_of(a, NODE(a, "Expand", lwi_aten_id(a, &in[0].list.items[i]), shape));
    *out = lwi_aten_list(a, n, results);
}

/* tensors, indexing */
void lwi_aten_meshgrid(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const size_t n = in[0].list.n;
    const bool swapped = lwi_aten_is(&in[1], "xy") && n >= 2;
    int ids[LW_MAX_RANK], sizes[LW_MAX_RANK];
    lwi_aten_value results[LW_MAX_RANK];
    if (n > LW_MAX_RANK) lwi_aten_fail(a, LW_LIMIT, "%zu tensors", n);
    for (size_t i = 0; i < n && a->b.status == LW_OK; i++) {
        int64_t dims[LW_MAX_RANK];
        const size_t axis = swapped && i < 2 ? 1 - i : i;
        for (size_t d = 0; d < n; d++)
            dims[d] = d == axis ? -1 : 1;
        ids[i] = lwi_aten_reshape(a, lwi_aten_id(a, &in[0].list.items[i]), n, dims);
        sizes[axis] = lwi_aten_size_id(a, ids[i], (int)axis);
    }
    if (a->b.status != LW_OK || n == 0) return;
    const int shape = lwi_aten_concat(a, 0, n, sizes);
    for (size_t i = 0; i < n; i++)
        results[i] = lwi_aten_tensor_of(a, NODE(a, "Expand", ids[i], shape));
    *out = lwi_aten_list(a, n, results);
}

/* The products of all pairs of elements, block by block. */
void lwi_aten_kron(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = -1, y = -1, sizes[LW_MAX_RANK];
    lwi_aten_pair(a, in, &x, &y);
    const int rank = lwi_aten_rank(a, x);
    if (rank != lwi_aten_rank(a, y) || 2 * rank > LW_MAX_RANK || rank == 0)
        lwi_aten_fail(a, LW_UNSUPPORTED, "%d and %d dimensions", rank, lwi_aten_rank(a, y));
    if (a->b.status != LW_OK) return;
    for (int d = 0; d < rank; d++) {
        const lwi_aten_value p = lwi_aten_size(a, x, d), q = lwi_aten_size(a, y, d);
        const lwi_aten_value product = lwi_aten_number(a, "mul", &p, &q);
        sizes[d] = lwi_aten_ints(a, &product);
    }
    for (int d = 0; d < rank; d++) {
        x = lwi_aten_unsqueeze(a, x, 2 * d + 1);
        y = lwi_aten_unsqueeze(a, y, 2 * d);
    }
    const int shape = lwi_aten_concat(a, 0, (size_t)rank, sizes);
    lwi_aten_return(a, out, NODE(a, "Reshape", NODE(a, "Mul", x, y), shape));
}
