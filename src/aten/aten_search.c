/* SPDX-License-Identifier: MIT
 * Places among sorted elements, different elements, how often each occurs. */
#include "aten/lower.h"

#include <string.h>

/* How many elements of the sequence are below each value (or not above it). */
static int places_in(lwi_aten *a, int sequence, int values, bool right, bool is_small) {
    const int rank = lwi_aten_rank(a, sequence);
    const int64_t last = -1;
    const int rows = rank > 1 ? lwi_aten_unsqueeze(a, sequence, rank - 1) : sequence;
    const int columns = lwi_aten_unsqueeze(a, values, -1);
    const int below = NODE(a, right ? "LessOrEqual" : "Less", rows, columns);
    const int ones = lwi_aten_cast(a, below, LW_INT64);
    const int count = lwi_aten_reduced(a, "ReduceSum", ones, 1, &last, false);
    return is_small ? lwi_aten_cast(a, count, LW_INT32) : count;
}

static void search(lwi_aten *a, const lwi_aten_value *sequence, const lwi_aten_value *values,
                   const lwi_aten_value *is_small, bool right, lwi_aten_value *out) {
    const lwi_aten_value pair[] = {*sequence, *values};
    int x = -1, y = -1;
    lwi_aten_pair(a, pair, &x, &y);
    lwi_aten_return(a, out, places_in(a, x, y, right, lwi_aten_get_bool(a, is_small)));
}

/* sorted_sequence, self, out_int32, right, side, sorter */
void lwi_aten_searchsorted(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    if (lwi_aten_given(&in[5])) lwi_aten_fail(a, LW_UNSUPPORTED, "sorter is not supported");
    const bool right = lwi_aten_get_bool(a, &in[3]) || lwi_aten_is(&in[4], "right");
    search(a, &in[0], &in[1], &in[2], right, out);
}

/* self, boundaries, out_int32, right */
void lwi_aten_bucketize(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    search(a, &in[1], &in[0], &in[2], lwi_aten_get_bool(a, &in[3]), out);
}

/* ------------------------------------------------------------ different elements */

static int nothing(lwi_aten *a) { return NODE(a, "Expand", lwi_aten_int_scalar(a, 0), INTS(a, 0)); }

/* The graph cannot say how many there are. */
static void declare_like(lwi_aten *a, int y, int x, int free_axis, lw_dtype dtype) {
    int64_t dims[LW_MAX_RANK];
    const int rank = free_axis < 0 ? 1 : lwi_aten_rank(a, x);
    for (int d = 0; d < rank; d++)
        dims[d] = free_axis < 0 || d == free_axis ? -1 : lwi_aten_dim(a, x, d);
    lwi_aten_declare(a, y, dtype, rank, dims);
}

/* Values, inverse (of the shape or the axis), counts; axis -1: of all elements */
static void different(lwi_aten *a, int x, int axis, bool inverse, bool counts,
                      lwi_aten_value *out) {
    int y[4];
    const lw_dtype dtype = lwi_aten_dtype(a, x);
    lwi_aten_nodes(a, "Unique", 1, &x, 4, y);
    if (axis >= 0) lwi_build_int(&a->b, "axis", axis);
    declare_like(a, y[0], x, axis, dtype);
    const int64_t places = axis < 0 ? lwi_aten_count(a, x) : lwi_aten_dim(a, x, axis);
    lwi_aten_declare(a, y[2], LW_INT64, 1, &places);
    lwi_aten_declare(a, y[3], LW_INT64, 1, (int64_t[]){-1});
    const bool shaped = axis < 0 && inverse && lwi_aten_rank(a, x) != 1;
    if (shaped && places < 0) lwi_aten_fail(a, LW_UNSUPPORTED, "return_inverse of free sizes");
    if (shaped) y[2] = NODE(a, "Reshape", y[2], lwi_aten_shape(a, x));
    lwi_aten_return(a, &out[0], y[0]);
    lwi_aten_return(a, &out[1], inverse ? y[2] : nothing(a));
    lwi_aten_return(a, &out[2], counts ? y[3] : nothing(a));
}

/* "_unique2": self, sorted, return_inverse, return_counts; "_unique" has no counts */
void lwi_aten_unique(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const bool two = a->row->name[7] == '2';
    different(a, lwi_aten_id(a, &in[0]), -1, lwi_aten_get_bool(a, &in[2]),
              two && lwi_aten_get_bool(a, &in[3]), out);
    if (!two) out[2] = lwi_aten_none();
}

/* self, dim, sorted, return_inverse, return_counts */
void lwi_aten_unique_dim(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), axis = lwi_aten_axis(a, &in[1], lwi_aten_rank(a, x));
    different(a, x, axis, lwi_aten_get_bool(a, &in[3]), lwi_aten_get_bool(a, &in[4]), out);
}

/* self, return_inverse, return_counts, dim: runs of equal elements become one */
void lwi_aten_unique_consecutive(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int whole = lwi_aten_id(a, &in[0]);
    const int x = lwi_aten_reshape(a, whole, 1, (int64_t[]){-1});
    if (lwi_aten_given(&in[3]) && lwi_aten_rank(a, whole) != 1)
        lwi_aten_fail(a, LW_UNSUPPORTED, "along a dimension");
    const int same =
        NODE(a, "Equal", lwi_aten_slice(a, x, 0, 1, INT64_MAX), lwi_aten_slice(a, x, 0, 0, -1));
    const int first = NODE(a, "Expand", lwi_aten_fill(a, LW_BOOL, 1),
                           lwi_aten_shape(a, lwi_aten_slice(a, x, 0, 0, 1)));
    const int starts = lwi_aten_concat(a, 0, 2, (int[]){first, NODE(a, "Not", same)});
    const int y = NODE(a, "Compress", x, starts);
    lwi_build_int(&a->b, "axis", 0);
    lwi_aten_declare(a, y, lwi_aten_dtype(a, x), 1, (int64_t[]){-1});
    const int steps =
        NODE(a, "CumSum", lwi_aten_cast(a, starts, LW_INT64), lwi_aten_int_scalar(a, 0));
    const int inverse = NODE(a, "Sub", steps, lwi_aten_int_scalar(a, 1));
    const lwi_aten_value n = lwi_aten_size(a, x, 0);
    const int places = NODE(a, "Compress", lwi_aten_steps(a, &n, 1), starts);
    lwi_build_int(&a->b, "axis", 0);
    lwi_aten_declare(a, places, LW_INT64, 1, (int64_t[]){-1});
    const int ends = lwi_aten_concat(
        a, 0, 2, (int[]){lwi_aten_slice(a, places, 0, 1, INT64_MAX), lwi_aten_ints(a, &n)});
    const bool wants_inverse = lwi_aten_get_bool(a, &in[1]), counts = lwi_aten_get_bool(a, &in[2]);
    lwi_aten_return(a, &out[0], y);
    lwi_aten_return(a, &out[1],
                    wants_inverse ? NODE(a, "Reshape", inverse, lwi_aten_shape(a, whole))
                                  : nothing(a));
    lwi_aten_return(a, &out[2], counts ? NODE(a, "Sub", ends, places) : nothing(a));
}

/* --------------------------------------------------------------------- counting */

/* Adds what (scalar or as many as places) to zeros of a shape. */
static int counted(lwi_aten *a, int zeros, int places, int what) {
    const int y = NODE(a, "ScatterElements", zeros, places,
                       NODE(a, "Expand", what, lwi_aten_shape(a, places)));
    lwi_build_text(&a->b, "reduction", "add");
    return y;
}

/* self, bins, min, max: what lies outside is left out; the last bin has its end */
void lwi_aten_histc(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_reshape(a, lwi_aten_id(a, &in[0]), 1, (int64_t[]){-1});
    const lw_dtype dtype = lwi_aten_dtype(a, x);
    const int64_t bins = lwi_aten_get_int(a, &in[1]), all = 0;
    const double least = lwi_aten_get_float(a, &in[2]), most = lwi_aten_get_float(a, &in[3]);
    const bool own = least == most;
    const int low =
        own ? lwi_aten_reduced(a, "ReduceMin", x, 1, &all, false) : lwi_aten_fill(a, dtype, least);
    const int high =
        own ? lwi_aten_reduced(a, "ReduceMax", x, 1, &all, false) : lwi_aten_fill(a, dtype, most);
    const int inside =
        NODE(a, "And", NODE(a, "GreaterOrEqual", x, low), NODE(a, "LessOrEqual", x, high));
    const int share = NODE(a, "Div", NODE(a, "Sub", x, low), NODE(a, "Sub", high, low));
    const int place =
        NODE(a, "Floor", NODE(a, "Mul", share, lwi_aten_fill(a, dtype, (double)bins)));
    const int bin = NODE(a, "Clip", place, lwi_aten_fill(a, dtype, 0),
                         lwi_aten_fill(a, dtype, (double)bins - 1));
    const int zeros = NODE(a, "Expand", lwi_aten_fill(a, dtype, 0), INTS(a, bins));
    const int y = NODE(a, "ScatterElements", zeros, lwi_aten_cast(a, bin, LW_INT64),
                       lwi_aten_cast(a, inside, dtype));
    lwi_build_text(&a->b, "reduction", "add");
    lwi_aten_return(a, out, y);
}

/* self, weights, minlength */
void lwi_aten_bincount(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_cast(a, lwi_aten_id(a, &in[0]), LW_INT64);
    const bool weighted = lwi_aten_given(&in[1]);
    const lw_dtype dtype = !weighted                                                 ? LW_INT64
                           : lwi_aten_dtype(a, lwi_aten_id(a, &in[1])) == LW_FLOAT32 ? LW_FLOAT32
                                                                                     : LW_FLOAT64;
    const int64_t all = 0;
    const int most = lwi_aten_reduced(a, "ReduceMax", x, 1, &all, true);
    const int count = NODE(a, "Max", NODE(a, "Add", most, INTS(a, 1)), lwi_aten_ints(a, &in[2]));
    const int zeros = NODE(a, "Expand", lwi_aten_fill(a, dtype, 0), count);
    lwi_aten_declare(a, zeros, dtype, 1, (int64_t[]){-1});
    const int what = weighted ? lwi_aten_as(a, &in[1], dtype) : lwi_aten_fill(a, dtype, 1);
    lwi_aten_return(a, out, counted(a, zeros, x, what));
}
