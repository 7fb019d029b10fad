/* SPDX-License-Identifier: MIT
 * Running sums, products and extremes; differences of neighbours. */
#include "aten/lower.h"

#include <math.h>
#include <string.h>

/* self, dim, dtype: integers and bools are summed as int64 */
void lwi_aten_cumulative(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = lwi_aten_id(a, &in[0]);
    const lw_dtype own = lwi_aten_dtype(a, x);
    x = lwi_aten_cast(a, x,
                      lwi_aten_get_dtype(a, &in[2], lwi_aten_is_integral(own) ? LW_INT64 : own));
    const int rank = lwi_aten_rank(a, x), axis = lwi_aten_axis(a, &in[1], rank);
    lwi_aten_return(a, out, rank ? NODE(a, a->row->onnx, x, lwi_aten_int_scalar(a, axis)) : x);
}

/* self, dim: sums of exp, from the largest element on */
void lwi_aten_logcumsumexp(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_floats(a, &in[0]), rank = lwi_aten_rank(a, x);
    const int64_t axis = lwi_aten_axis(a, &in[1], rank);
    const int most = lwi_aten_reduced(a, "ReduceMax", x, rank > 0, &axis, true);
    const int powers = NODE(a, "Exp", NODE(a, "Sub", x, most));
    const int sums = rank ? NODE(a, "CumSum", powers, lwi_aten_int_scalar(a, axis)) : powers;
    lwi_aten_return(a, out, NODE(a, "Add", NODE(a, "Log", sums), most));
}

/* "cummax", "cummin": self, dim. The last of equal elements counts. Every element is compared with
 * all before it. */
void lwi_aten_cumulative_extreme(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), rank = lwi_aten_rank(a, x);
    const bool max = a->row->name[4] == 'a';
    const int64_t axis = lwi_aten_axis(a, &in[1], rank), last = rank - 1, inner = -1;
    const int turned = axis == last ? x : lwi_aten_move(a, x, 1, &axis, &last);
    const lwi_aten_value n = lwi_aten_size(a, x, (int)axis);
    const int places = lwi_aten_steps(a, &n, 1);
    const int later = NODE(a, "Greater", places, lwi_aten_unsqueeze(a, places, 1));
    const lw_dtype dtype = lwi_aten_dtype(a, x);
    const double limit = lwi_aten_is_integral(dtype) ? 9e18 : INFINITY;
    const int wide = lwi_aten_is_integral(dtype) ? lwi_aten_cast(a, turned, LW_INT64) : turned;
    const int hidden = lwi_aten_like(a, wide, max ? -limit : limit);
    const int seen = NODE(a, "Where", later, hidden, lwi_aten_unsqueeze(a, wide, rank - 1));
    const int y = lwi_aten_reduced(a, max ? "ReduceMax" : "ReduceMin", seen, 1, &inner, false);
    const int which = NODE(a, max ? "ArgMax" : "ArgMin", seen);
    lwi_build_int(&a->b, "axis", -1);
    lwi_build_int(&a->b, "keepdims", 0);
    lwi_build_int(&a->b, "select_last_index", 1);
    const int found = lwi_aten_cast(a, y, dtype);
    lwi_aten_return(a, &out[0], axis == last ? found : lwi_aten_move(a, found, 1, &last, &axis));
    lwi_aten_return(a, &out[1], axis == last ? which : lwi_aten_move(a, which, 1, &last, &axis));
}

/* self, n, dim, prepend, append */
void lwi_aten_diff(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = lwi_aten_id(a, &in[0]), parts[3];
    const int axis = lwi_aten_axis(a, &in[2], lwi_aten_rank(a, x));
    const lw_dtype dtype = lwi_aten_dtype(a, x);
    size_t n = 0;
    if (lwi_aten_given(&in[3])) parts[n++] = lwi_aten_as(a, &in[3], dtype);
    parts[n++] = x;
    if (lwi_aten_given(&in[4])) parts[n++] = lwi_aten_as(a, &in[4], dtype);
    x = lwi_aten_concat(a, axis, n, parts);
    for (int64_t times = lwi_aten_get_int(a, &in[1]); times > 0 && a->b.status == LW_OK; times--) {
        const int later = lwi_aten_slice(a, x, axis, 1, INT64_MAX);
        const int before = lwi_aten_slice(a, x, axis, 0, -1);
        x = NODE(a, dtype == LW_BOOL ? "Xor" : "Sub", later, before);
    }
    lwi_aten_return(a, out, x);
}

/* y, dx, dim: dx times the sum of all but half of the ends */
void lwi_aten_trapezoid(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_floats(a, &in[0]);
    const int64_t axis = lwi_aten_axis(a, &in[2], lwi_aten_rank(a, x));
    const int pairs =
        NODE(a, "Add", lwi_aten_slice(a, x, axis, 1, INT64_MAX), lwi_aten_slice(a, x, axis, 0, -1));
    const int sum = lwi_aten_reduced(a, "ReduceSum", pairs, 1, &axis, false);
    const int half = NODE(a, "Mul", sum, lwi_aten_like(a, x, 0.5));
    lwi_aten_return(a, out, NODE(a, "Mul", half, lwi_aten_scalar(a, &in[1], lwi_aten_dtype(a, x))));
}
