/* SPDX-License-Identifier: MIT
 * Numbers rounded as if they were quantised. */
#include "aten/lower.h"

/* (clamp(round(x / scale) + zero, low, high) - zero) scale */
static int rounded(lwi_aten *a, int x, int scale, int zero, double low, double high) {
    const int steps = NODE(a, "Add", NODE(a, "Div", x, scale), zero);
    const int whole = NODE(a, "Clip", NODE(a, "Round", steps), lwi_aten_like(a, x, low),
                           lwi_aten_like(a, x, high));
    return NODE(a, "Mul", NODE(a, "Sub", whole, zero), scale);
}

/* self, scale, zero_point, quant_min, quant_max */
void lwi_aten_fake_quantize(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const lw_dtype dtype = lwi_aten_dtype(a, x);
    const int scale = lwi_aten_as(a, &in[1], dtype), zero = lwi_aten_as(a, &in[2], dtype);
    lwi_aten_return(
        a, out,
        rounded(a, x, scale, zero, lwi_aten_get_float(a, &in[3]), lwi_aten_get_float(a, &in[4])));
}

/* self, scale, zero_point, axis, quant_min, quant_max */
void lwi_aten_fake_quantize_channels(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), rank = lwi_aten_rank(a, x);
    const int axis = lwi_aten_axis(a, &in[3], rank);
    const lw_dtype dtype = lwi_aten_dtype(a, x);
    int64_t dims[LW_MAX_RANK];
    for (int d = axis; d < rank; d++)
        dims[d - axis] = d == axis ? -1 : 1;
    const size_t n = (size_t)(rank - axis);
    const int scale = lwi_aten_reshape(a, lwi_aten_as(a, &in[1], dtype), n, dims);
    const int zero = lwi_aten_reshape(a, lwi_aten_as(a, &in[2], dtype), n, dims);
    lwi_aten_return(
        a, out,
        rounded(a, x, scale, zero, lwi_aten_get_float(a, &in[4]), lwi_aten_get_float(a, &in[5])));
}
