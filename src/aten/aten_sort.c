/* SPDX-License-Identifier: MIT
 * Sorting, and what is read from sorted elements. */
#include "aten/lower.h"

#include <math.h>
#include <string.h>

typedef struct sorted {
    int values, indices;
} sorted;

/* The k largest or smallest along an axis, in order; of equal ones the first stands first. */
static sorted top(lwi_aten *a, int x, int axis, int k, bool largest) {
    const lw_dtype dtype = lwi_aten_dtype(a, x);
    const int shown = dtype == LW_BOOL ? lwi_aten_cast(a, x, LW_UINT8) : x;
    int y[2];
    lwi_aten_nodes(a, "TopK", 2, (int[]){shown, k}, 2, y);
    lwi_build_int(&a->b, "axis", axis);
    lwi_build_int(&a->b, "largest", largest);
    return (sorted){dtype == LW_BOOL ? lwi_aten_cast(a, y[0], LW_BOOL) : y[0], y[1]};
}

/* A tensor of rank 0 has one element. */
static sorted all_sorted(lwi_aten *a, int x, const lwi_aten_value *dim, bool descending) {
    const int axis = lwi_aten_axis(a, dim, lwi_aten_rank(a, x));
    if (lwi_aten_rank(a, x) == 0) return (sorted){x, lwi_aten_int_scalar(a, 0)};
    return top(a, x, axis, lwi_aten_size_id(a, x, axis), descending);
}

/* self, dim, descending; with stable before dim. "argsort": the places only */
void lwi_aten_sort(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const size_t first = !strcmp(a->row->overload, "stable") ? 2 : 1;
    const bool places = a->row->name[0] == 'a';
    const sorted s =
        all_sorted(a, lwi_aten_id(a, &in[0]), &in[first], lwi_aten_get_bool(a, &in[first + 1]));
    lwi_aten_return(a, &out[0], places ? s.indices : s.values);
    if (!places) lwi_aten_return(a, &out[1], s.indices);
}

void lwi_aten_msort(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const lwi_aten_value dim = lwi_aten_int(0);
    lwi_aten_return(a, out, all_sorted(a, lwi_aten_id(a, &in[0]), &dim, false).values);
}

/* self, k, dim, largest, sorted */
void lwi_aten_topk(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), rank = lwi_aten_rank(a, x);
    const int axis = lwi_aten_axis(a, &in[2], rank);
    const sorted s = rank ? top(a, x, axis, lwi_aten_ints(a, &in[1]), lwi_aten_get_bool(a, &in[3]))
                          : (sorted){x, lwi_aten_int_scalar(a, 0)};
    lwi_aten_return(a, &out[0], s.values);
    lwi_aten_return(a, &out[1], s.indices);
}

/* The k-th smallest (from 1, 1-D int64) along an axis. */
static sorted kth(lwi_aten *a, int x, int axis, int k, bool keep) {
    sorted s = top(a, x, axis, k, false);
    s.values = lwi_aten_slice(a, s.values, axis, -1, INT64_MAX);
    s.indices = lwi_aten_slice(a, s.indices, axis, -1, INT64_MAX);
    if (!keep) {
        s.values = lwi_aten_squeeze(a, s.values, axis);
        s.indices = lwi_aten_squeeze(a, s.indices, axis);
    }
    return s;
}

/* self, k, dim, keepdim */
void lwi_aten_kthvalue(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), axis = lwi_aten_axis(a, &in[2], lwi_aten_rank(a, x));
    const sorted s = kth(a, x, axis, lwi_aten_ints(a, &in[1]), lwi_aten_get_bool(a, &in[3]));
    lwi_aten_return(a, &out[0], s.values);
    lwi_aten_return(a, &out[1], s.indices);
}

/* -------------------------------------------------------------------- medians */

/* Of an even number of elements, the lower one of the two in the middle. */
static sorted median(lwi_aten *a, int x, int axis, bool keep) {
    const lwi_aten_value n = lwi_aten_size(a, x, axis), one = lwi_aten_int(1),
                         two = lwi_aten_int(2);
    const lwi_aten_value more = lwi_aten_number(a, "add", &n, &one);
    const lwi_aten_value k = lwi_aten_number(a, "floordiv", &more, &two);
    return kth(a, x, axis, lwi_aten_ints(a, &k), keep);
}

/* Among what is not NaN: sorted behind all others. */
static sorted nan_median(lwi_aten *a, int x, int axis, bool keep) {
    const int64_t dim = axis;
    const int number = NODE(a, "Equal", x, x);
    const int last = NODE(a, "Where", number, x, lwi_aten_like(a, x, INFINITY));
    const int ones = lwi_aten_cast(a, number, LW_INT64);
    const int count = lwi_aten_reduced(a, "ReduceSum", ones, 1, &dim, true);
    const int before = NODE(a, "Sub", count, lwi_aten_int_scalar(a, 1));
    const int place = NODE(a, "Div", NODE(a, "Max", before, lwi_aten_int_scalar(a, 0)),
                           lwi_aten_int_scalar(a, 2));
    sorted s = top(a, last, axis, lwi_aten_size_id(a, x, axis), false);
    int *parts[] = {&s.values, &s.indices};
    for (int i = 0; i < 2; i++) {
        *parts[i] = NODE(a, "GatherElements", *parts[i], place);
        lwi_build_int(&a->b, "axis", axis);
        if (!keep) *parts[i] = lwi_aten_squeeze(a, *parts[i], axis);
    }
    return s;
}

/* "median", "nanmedian": self[, dim, keepdim] */
void lwi_aten_median(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = lwi_aten_id(a, &in[0]);
    const bool dim = *a->row->overload != '\0', nan = a->row->name[0] == 'n';
    if (!dim) x = lwi_aten_reshape(a, x, 1, (int64_t[]){-1});
    const int axis = dim ? lwi_aten_axis(a, &in[1], lwi_aten_rank(a, x)) : 0;
    const bool keep = dim && lwi_aten_get_bool(a, &in[2]);
    const sorted s = nan ? nan_median(a, x, axis, keep) : median(a, x, axis, keep);
    lwi_aten_return(a, &out[0], s.values);
    if (dim) lwi_aten_return(a, &out[1], s.indices);
}

/* self, q, dim, keepdim, interpolation: between the two elements around q (n - 1) */
void lwi_aten_quantile(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = lwi_aten_id(a, &in[0]);
    const lw_dtype dtype = lwi_aten_dtype(a, x);
    const bool keep = lwi_aten_get_bool(a, &in[3]), all = !lwi_aten_given(&in[2]);
    const int rank = lwi_aten_rank(a, x);
    if (!lwi_aten_is(&in[4], "linear"))
        lwi_aten_fail(a, LW_UNSUPPORTED, "interpolation other than linear");
    if (all) x = lwi_aten_reshape(a, x, 1, (int64_t[]){-1});
    const int axis = all ? 0 : lwi_aten_axis(a, &in[2], rank);
    const int sorted_x = top(a, x, axis, lwi_aten_size_id(a, x, axis), false).values;
    const lwi_aten_value n = lwi_aten_size(a, x, axis);
    const int most = NODE(a, "Sub", lwi_aten_scalar(a, &n, dtype), lwi_aten_fill(a, dtype, 1));
    const int place = NODE(a, "Mul", lwi_aten_as(a, &in[1], dtype), most);
    const int low = NODE(a, "Floor", place), part = NODE(a, "Sub", place, low);
    const int high = NODE(a, "Ceil", place);
    const int left = NODE(a, "Gather", sorted_x, lwi_aten_cast(a, low, LW_INT64));
    lwi_build_int(&a->b, "axis", axis);
    const int right = NODE(a, "Gather", sorted_x, lwi_aten_cast(a, high, LW_INT64));
    lwi_build_int(&a->b, "axis", axis);
    const bool many = lwi_aten_rank(a, place) == 1;
    const int64_t from = axis, to = 0;
    int y[2] = {left, right};
    for (int i = 0; i < 2; i++) { /* the quantiles come first */
        if (many && axis) y[i] = lwi_aten_move(a, y[i], 1, &from, &to);
        if (keep)
            for (int d = 0; d < (all ? rank : 1); d++)
                y[i] = lwi_aten_unsqueeze(a, y[i], all ? many : axis + many);
    }
    int weight = part;
    for (int d = 1; many && d < lwi_aten_rank(a, y[0]); d++)
        weight = lwi_aten_unsqueeze(a, weight, 1);
    const int step = NODE(a, "Mul", NODE(a, "Sub", y[1], y[0]), weight);
    lwi_aten_return(a, out, NODE(a, "Add", y[0], step));
}
