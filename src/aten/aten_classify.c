/* SPDX-License-Identifier: MIT
 * Questions about single numbers: signs, NaN, infinity. */
#include "aten/lower.h"

#include <math.h>

/* As float32 or float64, which every question can be asked of. */
static int widened(lwi_aten *a, const lwi_aten_value *v) {
    const int x = lwi_aten_floats(a, v);
    return lwi_aten_cast(a, x, lwi_aten_dtype(a, x) == LW_FLOAT64 ? LW_FLOAT64 : LW_FLOAT32);
}

static void infinite(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out, bool positive,
                     bool negative) {
    const int y = NODE(a, "IsInf", widened(a, &in[0]));
    lwi_build_int(&a->b, "detect_positive", positive);
    lwi_build_int(&a->b, "detect_negative", negative);
    lwi_aten_return(a, out, y);
}

void lwi_aten_isinf(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    infinite(a, in, out, true, true);
}

void lwi_aten_isposinf(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    infinite(a, in, out, true, false);
}

void lwi_aten_isneginf(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    infinite(a, in, out, false, true);
}

void lwi_aten_isnan(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_return(a, out, NODE(a, "IsNaN", widened(a, &in[0])));
}

void lwi_aten_isfinite(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = widened(a, &in[0]);
    const int limit = lwi_aten_like(a, x, INFINITY);
    lwi_aten_return(a, out, NODE(a, "Less", NODE(a, "Abs", x), limit));
}

void lwi_aten_signbit(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    lwi_aten_return(a, out, NODE(a, "Less", x, lwi_aten_like(a, x, 0)));
}

static double largest(lw_dtype dtype) {
    if (dtype == LW_FLOAT64) return 1.7976931348623157e308;
    if (dtype == LW_FLOAT16) return 65504;
    return dtype == LW_BFLOAT16 ? 3.3895313892515355e38 : 3.4028234663852886e38;
}

/* self, nan, posinf, neginf */
void lwi_aten_nan_to_num(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = lwi_aten_id(a, &in[0]);
    const lw_dtype dtype = lwi_aten_dtype(a, x);
    if (lwi_aten_is_integral(dtype)) {
        lwi_aten_return(a, out, x);
        return;
    }
    const double nan = lwi_aten_given(&in[1]) ? lwi_aten_get_float(a, &in[1]) : 0;
    const double high = lwi_aten_given(&in[2]) ? lwi_aten_get_float(a, &in[2]) : largest(dtype);
    const double low = lwi_aten_given(&in[3]) ? lwi_aten_get_float(a, &in[3]) : -largest(dtype);
    const int is_high = NODE(a, "Equal", x, lwi_aten_fill(a, dtype, INFINITY));
    const int is_low = NODE(a, "Equal", x, lwi_aten_fill(a, dtype, -INFINITY));
    x = NODE(a, "Where", NODE(a, "IsNaN", x), lwi_aten_fill(a, dtype, nan), x);
    x = NODE(a, "Where", is_high, lwi_aten_fill(a, dtype, high), x);
    lwi_aten_return(a, out, NODE(a, "Where", is_low, lwi_aten_fill(a, dtype, low), x));
}
