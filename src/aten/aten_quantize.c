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

/* qint8, quint8, qint32 and their plain types; ids 12 to 14 of c10. */
static lw_dtype integer_type(lwi_aten *a, const lwi_aten_value *v) {
    static const lw_dtype types[] = {LW_INT8, LW_UINT8, LW_INT32};
    const int64_t id = lwi_aten_get_int(a, v);
    const lw_dtype dtype = id >= 12 && id <= 14 ? types[id - 12] : lwi_aten_dtype_from_c10(id);
    if (dtype != LW_INT8 && dtype != LW_UINT8 && dtype != LW_INT32)
        lwi_aten_fail(a, LW_UNSUPPORTED, "element type %lld", (long long)id);
    return dtype;
}

/* The integers of a quantised tensor: round(x / scale) + zero_point within the type. */
static int quantized(lwi_aten *a, int x, int scale, int zero, lw_dtype dtype) {
    if (dtype == LW_INT32) {
        const int whole = NODE(a, "Round", NODE(a, "Div", x, scale));
        return lwi_aten_cast(a, NODE(a, "Add", whole, lwi_aten_cast(a, zero, LW_FLOAT32)), dtype);
    }
    return NODE(a, "QuantizeLinear", x, scale, zero);
}

/* self, scale, zero_point, dtype */
void lwi_aten_quantize(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const lw_dtype dtype = integer_type(a, &in[3]);
    const int x = lwi_aten_id(a, &in[0]), scale = lwi_aten_scalar(a, &in[1], LW_FLOAT32);
    lwi_aten_return(a, out, quantized(a, x, scale, lwi_aten_scalar(a, &in[2], dtype), dtype));
}

/* self, scales, zero_points, axis, dtype */
void lwi_aten_quantize_channels(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const lw_dtype dtype = integer_type(a, &in[4]);
    const int x = lwi_aten_id(a, &in[0]), axis = lwi_aten_axis(a, &in[3], lwi_aten_rank(a, x));
    const int scale = lwi_aten_as(a, &in[1], LW_FLOAT32), zero = lwi_aten_as(a, &in[2], dtype);
    if (dtype == LW_INT32) lwi_aten_fail(a, LW_UNSUPPORTED, "int32 by channel");
    const int y = NODE(a, "QuantizeLinear", x, scale, zero);
    lwi_build_int(&a->b, "axis", axis);
    lwi_aten_return(a, out, y);
}
