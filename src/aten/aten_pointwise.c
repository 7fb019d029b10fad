/* SPDX-License-Identifier: MIT
 * Functions of one tensor, element by element. */
#include "aten/lower.h"

#include <math.h>

void lwi_aten_same(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_return(a, out, lwi_aten_id(a, &in[0]));
}

/* A node named as the row says. */
void lwi_aten_unary(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_return(a, out, NODE(a, a->row->onnx, lwi_aten_id(a, &in[0])));
}

static bool has_no_sign(lwi_aten *a, int x) {
    const lw_dtype dtype = lwi_aten_dtype(a, x);
    return dtype == LW_BOOL || (lwi_dtype_is_integer(dtype) && !lwi_dtype_is_signed(dtype));
}

void lwi_aten_relu(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    lwi_aten_return(a, out, has_no_sign(a, x) ? x : NODE(a, "Relu", x));
}

/* Modulo 2^n for unsigned integers. */
void lwi_aten_neg(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    lwi_aten_return(
        a, out, has_no_sign(a, x) ? NODE(a, "Sub", lwi_aten_like(a, x, 0), x) : NODE(a, "Neg", x));
}

/* 0 for NaN. */
void lwi_aten_sign(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    if (lwi_aten_dtype(a, x) == LW_BOOL) {
        lwi_aten_return(a, out, x);
        return;
    }
    const int y = NODE(a, "Sign", x);
    const bool integral = lwi_aten_is_integral(lwi_aten_dtype(a, x));
    const int is_number = integral ? -1 : NODE(a, "Equal", x, x);
    lwi_aten_return(a, out, integral ? y : NODE(a, "Where", is_number, y, lwi_aten_like(a, x, 0)));
}

void lwi_aten_abs(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    if (!lwi_aten_is_complex(&in[0])) {
        lwi_aten_return(a, out, NODE(a, "Abs", x));
        return;
    }
    const int y = NODE(a, "ReduceL2", x, INTS(a, -1));
    lwi_build_int(&a->b, "keepdims", 0);
    lwi_aten_return(a, out, y);
}

/* Integers and bools are computed as float32. */
int lwi_aten_floats(lwi_aten *a, const lwi_aten_value *v) {
    const int x = lwi_aten_id(a, v);
    const lw_dtype dtype = lwi_aten_dtype(a, x);
    return lwi_aten_cast(a, x, lwi_aten_is_integral(dtype) ? LW_FLOAT32 : dtype);
}

void lwi_aten_float_unary(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_return(a, out, NODE(a, a->row->onnx, lwi_aten_floats(a, &in[0])));
}

int lwi_aten_like(lwi_aten *a, int x, double value) {
    return lwi_aten_fill(a, lwi_aten_dtype(a, x), value);
}

/* ------------------------------------------------------------------ rounding */

static bool is_rounded(lwi_aten *a, int x) { return lwi_aten_is_integral(lwi_aten_dtype(a, x)); }

void lwi_aten_float_rounding(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    lwi_aten_return(a, out, is_rounded(a, x) ? x : NODE(a, a->row->onnx, x));
}

int lwi_aten_truncated(lwi_aten *a, int x) {
    if (is_rounded(a, x)) return x;
    return NODE(a, "Mul", NODE(a, "Sign", x), NODE(a, "Floor", NODE(a, "Abs", x)));
}

void lwi_aten_trunc(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_return(a, out, lwi_aten_truncated(a, lwi_aten_id(a, &in[0])));
}

void lwi_aten_frac(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    lwi_aten_return(a, out, NODE(a, "Sub", x, lwi_aten_truncated(a, x)));
}

/* self, decimals */
void lwi_aten_round_decimals(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const int64_t decimals = lwi_aten_get_int(a, &in[1]);
    const int power = lwi_aten_like(a, x, pow(10, (double)(decimals < 0 ? -decimals : decimals)));
    const char *to = decimals < 0 ? "Div" : "Mul", *from = decimals < 0 ? "Mul" : "Div";
    lwi_aten_return(a, out, NODE(a, from, NODE(a, "Round", NODE(a, to, x, power)), power));
}

/* ----------------------------------------------------------- powers and logarithms */

void lwi_aten_rsqrt(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int root = NODE(a, "Sqrt", lwi_aten_floats(a, &in[0]));
    lwi_aten_return(a, out, NODE(a, "Reciprocal", root));
}

void lwi_aten_exp2(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_floats(a, &in[0]);
    lwi_aten_return(a, out, NODE(a, "Pow", lwi_aten_like(a, x, 2), x));
}

/* tanh(x / 2) (exp(x) + 1), which is exact for small x */
void lwi_aten_expm1(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_floats(a, &in[0]);
    const int half = NODE(a, "Tanh", NODE(a, "Mul", x, lwi_aten_like(a, x, 0.5)));
    const int sum = NODE(a, "Add", NODE(a, "Exp", x), lwi_aten_like(a, x, 1));
    lwi_aten_return(a, out, NODE(a, "Mul", half, sum));
}

/* 2 atanh(x / (2 + x)) where x is small: exact there */
int lwi_aten_log1p_of(lwi_aten *a, int x) {
    const int two = lwi_aten_like(a, x, 2);
    const int small = NODE(a, "Less", NODE(a, "Abs", x), lwi_aten_like(a, x, 0.5));
    const int ratio = NODE(a, "Div", x, NODE(a, "Add", x, two));
    const int near_zero = NODE(a, "Mul", NODE(a, "Atanh", ratio), two);
    const int far = NODE(a, "Log", NODE(a, "Add", x, lwi_aten_like(a, x, 1)));
    return NODE(a, "Where", small, near_zero, far);
}

void lwi_aten_log1p(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_return(a, out, lwi_aten_log1p_of(a, lwi_aten_floats(a, &in[0])));
}

/* Through float64, so that powers of the base come out whole: programs round what they get. */
static int log_of_base(lwi_aten *a, int x, double base) {
    const int wide = NODE(a, "Log", lwi_aten_cast(a, x, LW_FLOAT64));
    const int scaled = NODE(a, "Div", wide, lwi_aten_fill(a, LW_FLOAT64, log(base)));
    return lwi_aten_cast(a, scaled, lwi_aten_dtype(a, x));
}

void lwi_aten_log2(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_return(a, out, log_of_base(a, lwi_aten_floats(a, &in[0]), 2));
}

void lwi_aten_log10(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_return(a, out, log_of_base(a, lwi_aten_floats(a, &in[0]), 10));
}

/* log(x / (1 - x)), x within [eps, 1 - eps]; self, eps */
void lwi_aten_logit(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = lwi_aten_floats(a, &in[0]);
    if (lwi_aten_given(&in[1])) {
        const double eps = lwi_aten_get_float(a, &in[1]);
        x = NODE(a, "Clip", x, lwi_aten_like(a, x, eps), lwi_aten_like(a, x, 1 - eps));
    }
    const int rest = NODE(a, "Sub", lwi_aten_like(a, x, 1), x);
    lwi_aten_return(a, out, NODE(a, "Log", NODE(a, "Div", x, rest)));
}

/* ------------------------------------------------------------- error functions */

/* Through float64: what is left of 1 has few digits. */
void lwi_aten_erfc(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_floats(a, &in[0]);
    const int erf = NODE(a, "Erf", lwi_aten_cast(a, x, LW_FLOAT64));
    const int rest = NODE(a, "Sub", lwi_aten_fill(a, LW_FLOAT64, 1), erf);
    lwi_aten_return(a, out, lwi_aten_cast(a, rest, lwi_aten_dtype(a, x)));
}

/* One step of Newton's method on erf(x) = y. */
static int better_root(lwi_aten *a, int x, int y) {
    const int slope = NODE(a, "Exp", NODE(a, "Neg", NODE(a, "Mul", x, x)));
    const int scaled = NODE(a, "Mul", slope, lwi_aten_like(a, x, 2 / sqrt(acos(-1.0))));
    const int error = NODE(a, "Sub", NODE(a, "Erf", x), y);
    return NODE(a, "Sub", x, NODE(a, "Div", error, scaled));
}

/* The first guess is Winitzki's: sqrt(sqrt(t t - l / c) - t) with l = log(1 - y y),
 * t = 2 / (pi c) + l / 2, c = 0.147 */
void lwi_aten_erfinv(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const double c = 0.147;
    const int narrow = lwi_aten_floats(a, &in[0]);
    const int y = lwi_aten_cast(a, narrow, LW_FLOAT64);
    const int one = lwi_aten_like(a, y, 1);
    const int l = NODE(a, "Log", NODE(a, "Sub", one, NODE(a, "Mul", y, y)));
    const int t = NODE(a, "Add", NODE(a, "Mul", l, lwi_aten_like(a, y, 0.5)),
                       lwi_aten_like(a, y, 2 / (acos(-1.0) * c)));
    const int root =
        NODE(a, "Sqrt",
             NODE(a, "Sub", NODE(a, "Mul", t, t), NODE(a, "Mul", l, lwi_aten_like(a, y, 1 / c))));
    const int guess = NODE(a, "Sqrt", NODE(a, "Sub", root, t));
    int x = NODE(a, "Mul", NODE(a, "Sign", y), guess);
    for (int i = 0; i < 3; i++)
        x = better_root(a, x, y);
    const int ends = NODE(a, "Div", y, lwi_aten_like(a, y, 0));
    const int is_end = NODE(a, "Equal", NODE(a, "Abs", y), one);
    x = NODE(a, "Where", is_end, ends, x);
    lwi_aten_return(a, out, lwi_aten_cast(a, x, lwi_aten_dtype(a, narrow)));
}

/* sin(pi x) / (pi x), 1 at 0 */
void lwi_aten_sinc(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_floats(a, &in[0]);
    const int angle = NODE(a, "Mul", x, lwi_aten_like(a, x, acos(-1.0)));
    const int zero = NODE(a, "Equal", x, lwi_aten_like(a, x, 0));
    const int ratio = NODE(a, "Div", NODE(a, "Sin", angle), angle);
    lwi_aten_return(a, out, NODE(a, "Where", zero, lwi_aten_like(a, x, 1), ratio));
}

static void scaled(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out, double factor) {
    const int x = lwi_aten_floats(a, &in[0]);
    lwi_aten_return(a, out, NODE(a, "Mul", x, lwi_aten_like(a, x, factor)));
}

void lwi_aten_deg2rad(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    scaled(a, in, out, acos(-1.0) / 180);
}

void lwi_aten_rad2deg(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    scaled(a, in, out, 180 / acos(-1.0));
}
