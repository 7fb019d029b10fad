/* SPDX-License-Identifier: MIT
 * Elements or slices of one dimension by index: reading. */
#include "aten/lower.h"

#include <string.h>

static int flat(lwi_aten *a, int x) { return lwi_aten_reshape(a, x, 1, (int64_t[]){-1}); }

static int by_index(lwi_aten *a, int x, int places, int axis) {
    const int y = NODE(a, "Gather", x, places);
    lwi_build_int(&a->b, "axis", axis);
    return y;
}

/* self, dim, index (one number is a list of one) */
void lwi_aten_index_select(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), rank = lwi_aten_rank(a, x);
    int places = lwi_aten_id(a, &in[2]);
    const int axis = lwi_aten_axis(a, &in[1], rank);
    if (rank == 0) {
        lwi_aten_return(a, out, x);
        return;
    }
    if (lwi_aten_rank(a, places) == 0) places = flat(a, places);
    lwi_aten_return(a, out, by_index(a, x, places, axis));
}

/* self, dim, index */
void lwi_aten_gather(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = lwi_aten_id(a, &in[0]), places = lwi_aten_id(a, &in[2]);
    const int rank = lwi_aten_rank(a, x), axis = lwi_aten_axis(a, &in[1], rank);
    const bool scalar = lwi_aten_rank(a, places) == 0;
    if (rank == 0) x = flat(a, x);
    if (scalar) places = flat(a, places);
    const int y = NODE(a, "GatherElements", x, places);
    lwi_build_int(&a->b, "axis", axis);
    lwi_aten_return(a, out, scalar ? lwi_aten_squeeze(a, y, 0) : y);
}

/* self, index: of all elements in a row */
void lwi_aten_take(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_return(a, out,
                    by_index(a, flat(a, lwi_aten_id(a, &in[0])), lwi_aten_id(a, &in[1]), 0));
}

/* x in the shape of y, but for an axis, where both dimensions broadcast. */
static int broadcast_but(lwi_aten *a, int x, int y, int axis) {
    const int rank = lwi_aten_rank(a, x);
    int sizes[LW_MAX_RANK];
    for (int d = 0; d < rank; d++)
        sizes[d] = d == axis ? INTS(a, 1) : lwi_aten_size_id(a, y, d);
    return NODE(a, "Expand", x, lwi_aten_concat(a, 0, (size_t)rank, sizes));
}

/* self, indices, dim; without dim: of all elements in a row */
void lwi_aten_take_along_dim(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = lwi_aten_id(a, &in[0]), places = lwi_aten_id(a, &in[1]), axis = 0;
    if (lwi_aten_given(&in[2])) {
        axis = lwi_aten_axis(a, &in[2], lwi_aten_rank(a, x));
        if (lwi_aten_rank(a, places) != lwi_aten_rank(a, x))
            lwi_aten_fail(a, LW_SHAPE,
                          "input and indices should have the same number of dimensions");
        if (a->b.status != LW_OK) return;
        const int wide = broadcast_but(a, x, places, axis);
        places = broadcast_but(a, places, x, axis);
        x = wide;
    } else {
        x = flat(a, x);
        places = flat(a, places);
    }
    const int y = NODE(a, "GatherElements", x, places);
    lwi_build_int(&a->b, "axis", axis);
    lwi_aten_return(a, out, y);
}

/* ------------------------------------------------------------------------ masks */

/* self, mask: the elements where it is true, in a row */
void lwi_aten_masked_select(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), mask = lwi_aten_as(a, &in[1], LW_BOOL);
    const int wide = NODE(a, "Expand", x, lwi_aten_shape(a, mask));
    const int all = NODE(a, "Expand", mask, lwi_aten_shape(a, wide));
    const int y = NODE(a, "Compress", flat(a, wide), flat(a, all));
    lwi_build_int(&a->b, "axis", 0);
    lwi_aten_declare(a, y, lwi_aten_dtype(a, x), 1, (int64_t[]){-1});
    lwi_aten_return(a, out, y);
}

/* self, mask, source: elements where it is true become those of source, one after the other */
void lwi_aten_masked_scatter(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), mask = lwi_aten_as(a, &in[1], LW_BOOL);
    const int source = flat(a, lwi_aten_as(a, &in[2], lwi_aten_dtype(a, x)));
    const int wide = NODE(a, "Expand", x, lwi_aten_shape(a, mask)), shape = lwi_aten_shape(a, wide);
    const int all = NODE(a, "Expand", mask, shape);
    const int count =
        NODE(a, "CumSum", flat(a, lwi_aten_cast(a, all, LW_INT64)), lwi_aten_int_scalar(a, 0));
    const int place = NODE(a, "Sub", count, lwi_aten_int_scalar(a, 1));
    const int safe = NODE(a, "Max", place, lwi_aten_int_scalar(a, 0));
    const int taken = NODE(a, "Reshape", by_index(a, source, safe, 0), shape);
    lwi_aten_return(a, out, NODE(a, "Where", all, taken, wide));
}

/* [n, rank] */
static int true_places(lwi_aten *a, int x) {
    const int rank = lwi_aten_rank(a, x);
    const int truth = lwi_aten_cast(a, x, LW_BOOL);
    if (rank == 0) { /* no coordinates, once or not at all */
        const int n = lwi_aten_cast(a, lwi_aten_unsqueeze(a, truth, 0), LW_INT64);
        const int shape = lwi_aten_concat(a, 0, 2, (int[]){n, INTS(a, 0)});
        const int none = NODE(a, "Expand", lwi_aten_int_scalar(a, 0), shape);
        lwi_aten_declare(a, none, LW_INT64, 2, (int64_t[]){-1, 0});
        return none;
    }
    const int places = NODE(a, "NonZero", truth);
    lwi_aten_declare(a, places, LW_INT64, 2, (int64_t[]){rank, -1});
    return lwi_aten_transpose(a, places, 2, (int64_t[]){1, 0});
}

void lwi_aten_nonzero(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_return(a, out, true_places(a, lwi_aten_id(a, &in[0])));
}

/* A list of places for each dimension. */
void lwi_aten_nonzero_list(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), rank = lwi_aten_rank(a, x);
    const int places = true_places(a, x);
    lwi_aten_value results[LW_MAX_RANK];
    for (int d = 0; d < rank; d++)
        results[d] = lwi_aten_tensor_of(a, by_index(a, places, lwi_aten_int_scalar(a, d), 1));
    *out = lwi_aten_list(a, (size_t)rank, results);
}

/* -------------------------------------------------------------------- embedding */

/* weight, indices */
void lwi_aten_embedding(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_return(a, out, by_index(a, lwi_aten_id(a, &in[0]), lwi_aten_id(a, &in[1]), 0));
}

/* self, num_classes; -1: as many as the largest says */
void lwi_aten_one_hot(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    static const int64_t off_on[] = {0, 1};
    const int x = lwi_aten_id(a, &in[0]), rank = lwi_aten_rank(a, x);
    const bool given = in[1].id >= 0 || lwi_aten_get_int(a, &in[1]) >= 0;
    const lwi_aten_value values = lwi_aten_constant(a, LW_INT64, 1, (int64_t[]){2}, off_on);
    int depth = -1;
    if (given) depth = lwi_aten_scalar(a, &in[1], LW_INT64);
    else {
        const int64_t all = 0;
        const int most = lwi_aten_reduced(a, "ReduceMax", flat(a, x), 1, &all, false);
        depth = NODE(a, "Add", most, lwi_aten_int_scalar(a, 1));
    }
    const int y = NODE(a, "OneHot", x, depth, lwi_aten_id(a, &values));
    int64_t dims[LW_MAX_RANK];
    for (int d = 0; d < rank; d++)
        dims[d] = lwi_aten_dim(a, x, d);
    dims[rank < LW_MAX_RANK ? rank : 0] = -1;
    if (!given) lwi_aten_declare(a, y, LW_INT64, rank + 1, dims);
    lwi_aten_return(a, out, y);
}

/* 1 for rows that count, 0 for those of the padding index: [n]. */
static int row_weights(lwi_aten *a, int indices, const lwi_aten_value *padding, lw_dtype dtype) {
    const bool none = !lwi_aten_given(padding) || lwi_aten_get_int(a, padding) < 0;
    const int ones = NODE(a, "Expand", lwi_aten_fill(a, dtype, 1), lwi_aten_shape(a, indices));
    if (none) return ones;
    const int skipped =
        NODE(a, "Equal", indices, lwi_aten_scalar(a, padding, lwi_aten_dtype(a, indices)));
    return NODE(a, "Where", skipped, lwi_aten_fill(a, dtype, 0), ones);
}

static int added(lwi_aten *a, int shape, lw_dtype dtype, double start, int bag, int rows,
                 const char *reduction) {
    const int empty = NODE(a, "Expand", lwi_aten_fill(a, dtype, start), shape);
    const int y = NODE(a, "ScatterND", empty, lwi_aten_unsqueeze(a, bag, 1), rows);
    lwi_build_text(&a->b, "reduction", reduction);
    return y;
}

/* weight, indices, offsets, scale_grad_by_freq, mode (0 sum, 1 mean, 2 max), sparse,
 * per_sample_weights, include_last_offset[, padding_idx] */
void lwi_aten_embedding_bag(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    static const lwi_aten_value no_padding = {.kind = LWI_ATEN_NONE, .id = -1};
    const bool padded = a->row->name[0] == '_' || *a->row->overload;
    const int w = lwi_aten_id(a, &in[0]),
              indices = lwi_aten_cast(a, lwi_aten_id(a, &in[1]), LW_INT64);
    int offsets = lwi_aten_cast(a, lwi_aten_id(a, &in[2]), LW_INT64);
    const lw_dtype dtype = lwi_aten_dtype(a, w);
    const int64_t mode = lwi_aten_get_int(a, &in[4]), first = 0;
    if (lwi_aten_get_bool(a, &in[7])) offsets = lwi_aten_slice(a, offsets, 0, 0, -1);
    const lwi_aten_value n = lwi_aten_size(a, indices, 0);
    const int begun =
        NODE(a, "LessOrEqual", lwi_aten_unsqueeze(a, offsets, 1), lwi_aten_steps(a, &n, 1));
    const int count =
        lwi_aten_reduced(a, "ReduceSum", lwi_aten_cast(a, begun, LW_INT64), 1, &first, false);
    const int bag = NODE(a, "Sub", count, lwi_aten_int_scalar(a, 1));
    const int kept = row_weights(a, indices, padded ? &in[8] : &no_padding, dtype);
    const int bag_count = lwi_aten_size_id(a, offsets, 0);
    const int shape = lwi_aten_concat(a, 0, 2, (int[]){bag_count, lwi_aten_size_id(a, w, 1)});
    int factor = kept;
    if (lwi_aten_given(&in[6])) factor = NODE(a, "Mul", kept, lwi_aten_id(a, &in[6]));
    int rows = by_index(a, w, indices, 0);
    if (mode == 2) {
        const int least = lwi_aten_fill(a, dtype, -3.0e38);
        const int there = lwi_aten_unsqueeze(a, lwi_aten_cast(a, kept, LW_BOOL), 1);
        rows = NODE(a, "Where", there, rows, least);
        const int y = added(a, shape, dtype, -3.0e38, bag, rows, "max");
        lwi_aten_return(
            a, out, NODE(a, "Where", NODE(a, "Equal", y, least), lwi_aten_fill(a, dtype, 0), y));
        return;
    }
    rows = NODE(a, "Mul", rows, lwi_aten_unsqueeze(a, factor, 1));
    int y = added(a, shape, dtype, 0, bag, rows, "add");
    if (mode == 1) {
        const int sizes = added(a, bag_count, dtype, 0, bag, kept, "add");
        const int safe = NODE(a, "Max", sizes, lwi_aten_fill(a, dtype, 1));
        y = NODE(a, "Div", y, lwi_aten_unsqueeze(a, safe, 1));
    }
    lwi_aten_return(a, out, y);
}
