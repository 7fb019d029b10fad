/* SPDX-License-Identifier: MIT
 * Arithmetic of two tensors, or of a tensor and a number, in the type that they are promoted to. */
#include "aten/lower.h"

#include <math.h>

/* Both arguments in one type, which is returned. */
lw_dtype lwi_aten_pair(lwi_aten *a, const lwi_aten_value *in, int *x, int *y) {
    const lw_dtype dtype = lwi_aten_promoted(a, 2, (const lwi_aten_value *[]){&in[0], &in[1]});
    *x = lwi_aten_as(a, &in[0], dtype);
    *y = lwi_aten_as(a, &in[1], dtype);
    return dtype;
}

/* The same; integers and bools as float32. */
static lw_dtype float_pair(lwi_aten *a, const lwi_aten_value *in, int *x, int *y) {
    lw_dtype dtype = lwi_aten_promoted(a, 2, (const lwi_aten_value *[]){&in[0], &in[1]});
    if (lwi_aten_is_integral(dtype)) dtype = LW_FLOAT32;
    *x = lwi_aten_as(a, &in[0], dtype);
    *y = lwi_aten_as(a, &in[1], dtype);
    return dtype;
}

static bool is_one(lwi_aten *a, const lwi_aten_value *v) {
    return v->id < 0 && v->kind != LWI_ATEN_TENSOR && lwi_aten_get_float(a, v) == 1;
}

static void sum(lwi_aten *a, const lwi_aten_value *x, const lwi_aten_value *y,
                const lwi_aten_value *alpha, const char *op, lwi_aten_value *out) {
    const lw_dtype dtype = lwi_aten_promoted(a, 2, (const lwi_aten_value *[]){x, y});
    const int left = lwi_aten_as(a, x, dtype);
    int right = lwi_aten_as(a, y, dtype);
    if (!is_one(a, alpha) && dtype != LW_BOOL)
        right = NODE(a, "Mul", right, lwi_aten_scalar(a, alpha, dtype));
    lwi_aten_return(a, out, NODE(a, dtype == LW_BOOL ? "Or" : op, left, right));
}

/* x + alpha y, x - alpha y */
void lwi_aten_add(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    sum(a, &in[0], &in[1], &in[2], a->row->onnx[0] == 'A' ? "Add" : "Sub", out);
}

/* y - alpha x */
void lwi_aten_rsub(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    sum(a, &in[1], &in[0], &in[2], "Sub", out);
}

void lwi_aten_mul(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = -1, y = -1;
    const lw_dtype dtype = lwi_aten_pair(a, in, &x, &y);
    lwi_aten_return(a, out, NODE(a, dtype == LW_BOOL ? "And" : "Mul", x, y));
}

/* ------------------------------------------------------------------ division */

static int true_division(lwi_aten *a, const lwi_aten_value *in) {
    int x = -1, y = -1;
    float_pair(a, in, &x, &y);
    return NODE(a, "Div", x, y);
}

/* Of integers: exact. */
static int floored(lwi_aten *a, const lwi_aten_value *in) {
    int x = -1, y = -1;
    const lw_dtype dtype = lwi_aten_pair(a, in, &x, &y);
    if (!lwi_aten_is_integral(dtype)) return NODE(a, "Floor", NODE(a, "Div", x, y));
    return NODE(a, "Div", NODE(a, "Sub", x, NODE(a, "Mod", x, y)), y);
}

void lwi_aten_div(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    if (lwi_aten_is_complex(&in[0]) || lwi_aten_is_complex(&in[1]))
        lwi_aten_complex_div(a, in, out);
    else lwi_aten_return(a, out, true_division(a, in));
}

void lwi_aten_floor_divide(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_return(a, out, floored(a, in));
}

/* self, other, rounding_mode */
void lwi_aten_div_mode(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = -1, y = -1;
    if (!lwi_aten_given(&in[2])) lwi_aten_return(a, out, true_division(a, in));
    else if (lwi_aten_is(&in[2], "floor")) lwi_aten_return(a, out, floored(a, in));
    else {
        lwi_aten_pair(a, in, &x, &y);
        lwi_aten_return(a, out, lwi_aten_truncated(a, NODE(a, "Div", x, y)));
    }
}

/* The sign of the dividend. */
void lwi_aten_fmod(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = -1, y = -1;
    lwi_aten_pair(a, in, &x, &y);
    const int z = NODE(a, "Mod", x, y);
    lwi_build_int(&a->b, "fmod", 1);
    lwi_aten_return(a, out, z);
}

/* The sign of the divisor. */
void lwi_aten_remainder(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = -1, y = -1;
    lwi_aten_pair(a, in, &x, &y);
    lwi_aten_return(a, out, NODE(a, "Mod", x, y));
}

/* -------------------------------------------------------------------- powers */

static bool is_power(const lwi_aten_value *v, double number) {
    return v->id < 0 && ((v->kind == LWI_ATEN_INT && (double)v->i == number) ||
                         (v->kind == LWI_ATEN_FLOAT && v->f == number));
}

/* Pow has bases of int32 and int64 only. */
static int power_of(lwi_aten *a, int x, int y, lw_dtype dtype) {
    const bool small = lwi_dtype_is_integer(dtype) && dtype != LW_INT32 && dtype != LW_INT64;
    if (!small) return NODE(a, "Pow", x, y);
    const int wide = lwi_aten_cast(a, x, LW_INT64);
    return lwi_aten_cast(a, NODE(a, "Pow", wide, lwi_aten_cast(a, y, LW_INT64)), dtype);
}

void lwi_aten_power(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const lw_dtype dtype = lwi_aten_promoted(a, 2, (const lwi_aten_value *[]){&in[0], &in[1]});
    const int x = lwi_aten_as(a, &in[0], dtype);
    int y = x;
    if (is_power(&in[1], 2)) y = NODE(a, "Mul", x, x);
    else if (is_power(&in[1], 3)) y = NODE(a, "Mul", NODE(a, "Mul", x, x), x);
    else if (is_power(&in[1], 0.5)) y = NODE(a, "Sqrt", x);
    else if (is_power(&in[1], -0.5)) y = NODE(a, "Reciprocal", NODE(a, "Sqrt", x));
    else if (is_power(&in[1], -1) && !lwi_aten_is_integral(dtype)) y = NODE(a, "Reciprocal", x);
    else if (!is_power(&in[1], 1)) y = power_of(a, x, lwi_aten_as(a, &in[1], dtype), dtype);
    lwi_aten_return(a, out, y);
}

void lwi_aten_float_power(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_as(a, &in[0], LW_FLOAT64), y = lwi_aten_as(a, &in[1], LW_FLOAT64);
    lwi_aten_return(a, out, NODE(a, "Pow", x, y));
}

/* -------------------------------------------------------------------- angles */

/* atan(|y| / |x|), mirrored by the signs; that of -0 counts too. */
int lwi_aten_angle_of(lwi_aten *a, int y, int x) {
    const int zero = lwi_aten_like(a, x, 0), pi = lwi_aten_like(a, x, acos(-1.0));
    const int ratio = NODE(a, "Atan", NODE(a, "Div", NODE(a, "Abs", y), NODE(a, "Abs", x)));
    const int none = NODE(a, "Equal", y, zero);
    const int left =
        NODE(a, "Or", NODE(a, "Less", x, zero), NODE(a, "Less", NODE(a, "Reciprocal", x), zero));
    const int below =
        NODE(a, "Or", NODE(a, "Less", y, zero), NODE(a, "Less", NODE(a, "Reciprocal", y), zero));
    const int upper = NODE(a, "Where", none, zero, ratio);
    const int turned = NODE(a, "Where", left, NODE(a, "Sub", pi, upper), upper);
    return NODE(a, "Where", below, NODE(a, "Neg", turned), turned);
}

void lwi_aten_atan2(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int y = -1, x = -1;
    float_pair(a, in, &y, &x);
    lwi_aten_return(a, out, lwi_aten_angle_of(a, y, x));
}

void lwi_aten_hypot(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = -1, y = -1;
    lwi_aten_pair(a, in, &x, &y);
    const int squares = NODE(a, "Add", NODE(a, "Mul", x, x), NODE(a, "Mul", y, y));
    lwi_aten_return(a, out, NODE(a, "Sqrt", squares));
}

/* ---------------------------------------------------------------- logarithms */

/* max(x, y) + log1p(exp(-|x - y|)) */
void lwi_aten_logaddexp(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = -1, y = -1;
    float_pair(a, in, &x, &y);
    const int same = NODE(a, "Equal", x, y); /* both may be infinite */
    const int apart = NODE(a, "Abs", NODE(a, "Sub", x, y));
    const int difference = NODE(a, "Where", same, lwi_aten_like(a, x, 0), apart);
    const int rest = lwi_aten_log1p_of(a, NODE(a, "Exp", NODE(a, "Neg", difference)));
    lwi_aten_return(a, out, NODE(a, "Add", NODE(a, "Max", x, y), rest));
}

void lwi_aten_logaddexp2(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = -1, y = -1;
    float_pair(a, in, &x, &y);
    const int apart = NODE(a, "Neg", NODE(a, "Abs", NODE(a, "Sub", x, y)));
    const int ratio = NODE(a, "Pow", lwi_aten_like(a, x, 2), apart);
    const int rest = NODE(a, "Div", lwi_aten_log1p_of(a, ratio), lwi_aten_like(a, x, log(2)));
    lwi_aten_return(a, out, NODE(a, "Add", NODE(a, "Max", x, y), rest));
}

/* x log(y), 0 where x is 0 and y is a number */
void lwi_aten_xlogy(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = -1, y = -1;
    float_pair(a, in, &x, &y);
    const int zero = lwi_aten_like(a, x, 0);
    const int nothing = NODE(a, "And", NODE(a, "Equal", x, zero), NODE(a, "Equal", y, y));
    const int product = NODE(a, "Mul", x, NODE(a, "Log", y));
    lwi_aten_return(a, out, NODE(a, "Where", nothing, zero, product));
}

/* -------------------------------------------------------------- three tensors */

/* self + weight (end - self) */
void lwi_aten_lerp(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = -1, y = -1;
    const lw_dtype dtype = lwi_aten_pair(a, in, &x, &y);
    const int part = NODE(a, "Mul", lwi_aten_as(a, &in[2], dtype), NODE(a, "Sub", y, x));
    lwi_aten_return(a, out, NODE(a, "Add", x, part));
}

/* self + value tensor1 * tensor2, or / tensor2 */
void lwi_aten_addc(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const lw_dtype dtype =
        lwi_aten_promoted(a, 3, (const lwi_aten_value *[]){&in[0], &in[1], &in[2]});
    const int x = lwi_aten_as(a, &in[1], dtype), y = lwi_aten_as(a, &in[2], dtype);
    int z = NODE(a, a->row->onnx[0] == 'M' ? "Mul" : "Div", x, y);
    if (!is_one(a, &in[3])) z = NODE(a, "Mul", z, lwi_aten_scalar(a, &in[3], dtype));
    lwi_aten_return(a, out, NODE(a, "Add", lwi_aten_as(a, &in[0], dtype), z));
}
