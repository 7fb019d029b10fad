/* SPDX-License-Identifier: MIT
 * Complex numbers. */
#include "aten/lower.h"

#include <math.h>

void lwi_aten_return_complex(lwi_aten *a, lwi_aten_value *out, int id) {
    lwi_aten_return(a, out, id);
    if (out->kind == LWI_ATEN_TENSOR) out->tensor->complex = true;
}

lwi_aten_value lwi_aten_complex_number(lwi_aten *a, double real, double imaginary) {
    double *copy = NULL;
    const double parts[2] = {real, imaginary};
    const lw_status status = lwi_arena_copy(&a->b.network->arena, parts, sizeof parts, &copy);
    if (a->b.status == LW_OK) a->b.status = status;
    if (a->b.status != LW_OK) return lwi_aten_none();
    lwi_aten_value v = lwi_aten_constant(a, LW_COMPLEX128, 0, NULL, copy);
    v.as_number = true;
    return v;
}

lw_dtype lwi_aten_tensor_dtype(lwi_aten *a, const lwi_aten_value *v) {
    const lw_dtype dtype = lwi_aten_dtype(a, lwi_aten_id(a, v));
    if (!lwi_aten_is_complex(v)) return dtype;
    return dtype == LW_FLOAT64 ? LW_COMPLEX128 : LW_COMPLEX64;
}

int lwi_aten_tensor_rank(lwi_aten *a, const lwi_aten_value *v) {
    return lwi_aten_rank(a, lwi_aten_id(a, v)) - lwi_aten_is_complex(v);
}

int lwi_aten_part(lwi_aten *a, int id, int part) {
    const int y = NODE(a, "Gather", id, lwi_aten_int_scalar(a, part));
    lwi_build_int(&a->b, "axis", -1);
    return y;
}

int lwi_aten_join(lwi_aten *a, int real, int imaginary) {
    const int y =
        NODE(a, "Concat", lwi_aten_unsqueeze(a, real, -1), lwi_aten_unsqueeze(a, imaginary, -1));
    lwi_build_int(&a->b, "axis", -1);
    return y;
}

/* |x|^2 */
static int square(lwi_aten *a, const int x[2]) {
    return NODE(a, "Add", NODE(a, "Mul", x[0], x[0]), NODE(a, "Mul", x[1], x[1]));
}

static void take_apart(lwi_aten *a, int x, int parts[2]) {
    parts[0] = lwi_aten_part(a, x, 0);
    parts[1] = lwi_aten_part(a, x, 1);
}

/* 1 / x = conj(x) / |x|^2 */
static int inverse(lwi_aten *a, int x) {
    int part[2];
    take_apart(a, x, part);
    const int size = square(a, part);
    return lwi_aten_join(a, NODE(a, "Div", part[0], size),
                         NODE(a, "Neg", NODE(a, "Div", part[1], size)));
}

void lwi_aten_complex_div(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_value factors[2] = {in[0], lwi_aten_none()};
    if (lwi_aten_is_complex(&in[1])) {
        lwi_aten_return_complex(a, &factors[1], inverse(a, lwi_aten_id(a, &in[1])));
    } else {
        const lw_dtype dtype = lwi_aten_promoted(a, 2, (const lwi_aten_value *[]){&in[0], &in[1]});
        factors[1] = lwi_aten_tensor_of(a, NODE(a, "Reciprocal", lwi_aten_as(a, &in[1], dtype)));
    }
    *out = lwi_aten_apply(a, "mul", 2, factors);
}

void lwi_aten_reciprocal(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    if (lwi_aten_is_complex(&in[0]))
        lwi_aten_return_complex(a, out, inverse(a, lwi_aten_id(a, &in[0])));
    else lwi_aten_return(a, out, NODE(a, "Reciprocal", lwi_aten_floats(a, &in[0])));
}

void lwi_aten_square(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    *out = lwi_aten_apply(a, "mul", 2, (const lwi_aten_value[]){in[0], in[0]});
}

/* e^(x + iy) = e^x (cos y + i sin y) */
void lwi_aten_exp(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int part[2];
    if (!lwi_aten_is_complex(&in[0])) {
        lwi_aten_float_unary(a, in, out);
        return;
    }
    take_apart(a, lwi_aten_id(a, &in[0]), part);
    const int size = NODE(a, "Exp", part[0]);
    lwi_aten_return_complex(a, out,
                            lwi_aten_join(a, NODE(a, "Mul", size, NODE(a, "Cos", part[1])),
                                          NODE(a, "Mul", size, NODE(a, "Sin", part[1]))));
}

/* log |x| + i arg x */
void lwi_aten_log(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int part[2];
    if (!lwi_aten_is_complex(&in[0])) {
        lwi_aten_float_unary(a, in, out);
        return;
    }
    take_apart(a, lwi_aten_id(a, &in[0]), part);
    const int size = NODE(a, "Sqrt", square(a, part));
    lwi_aten_return_complex(
        a, out, lwi_aten_join(a, NODE(a, "Log", size), lwi_aten_angle_of(a, part[1], part[0])));
}

/* x / |x|, 0 for 0 */
void lwi_aten_sgn(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int part[2];
    if (!lwi_aten_is_complex(&in[0])) {
        lwi_aten_sign(a, in, out);
        return;
    }
    take_apart(a, lwi_aten_id(a, &in[0]), part);
    const int size = NODE(a, "Sqrt", square(a, part)), zero = lwi_aten_like(a, size, 0);
    const int least =
        NODE(a, "Where", NODE(a, "Equal", size, zero), lwi_aten_like(a, size, 1), size);
    lwi_aten_return_complex(
        a, out, lwi_aten_join(a, NODE(a, "Div", part[0], least), NODE(a, "Div", part[1], least)));
}

void lwi_aten_view_as_real(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_return(a, out, lwi_aten_id(a, &in[0]));
}

void lwi_aten_view_as_complex(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_return_complex(a, out, lwi_aten_id(a, &in[0]));
}

void lwi_aten_real(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    lwi_aten_return(a, out, lwi_aten_is_complex(&in[0]) ? lwi_aten_part(a, x, 0) : x);
}

void lwi_aten_imag(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    if (!lwi_aten_is_complex(&in[0]))
        lwi_aten_fail(a, LW_TYPE, "imag is not implemented for tensors with non-complex dtypes.");
    lwi_aten_return(a, out, lwi_aten_part(a, lwi_aten_id(a, &in[0]), 1));
}

/* Of real numbers: pi where they are negative. */
void lwi_aten_angle(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_is_complex(&in[0]) ? lwi_aten_id(a, &in[0]) : lwi_aten_floats(a, &in[0]);
    if (lwi_aten_is_complex(&in[0])) {
        const int real = lwi_aten_part(a, x, 0), imaginary = lwi_aten_part(a, x, 1);
        lwi_aten_return(a, out, lwi_aten_angle_of(a, imaginary, real));
        return;
    }
    const int zero = lwi_aten_like(a, x, 0), pi = lwi_aten_like(a, x, acos(-1.0));
    const int y = NODE(a, "Where", NODE(a, "Less", x, zero), pi, zero);
    lwi_aten_return(a, out, NODE(a, "Where", NODE(a, "Equal", x, x), y, x));
}

/* real, imag */
void lwi_aten_complex(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int real = lwi_aten_id(a, &in[0]), imaginary = lwi_aten_id(a, &in[1]);
    lwi_aten_return_complex(a, out, lwi_aten_join(a, real, imaginary));
}

/* abs, angle */
void lwi_aten_polar(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int size = lwi_aten_id(a, &in[0]), angle = lwi_aten_id(a, &in[1]);
    const int real = NODE(a, "Mul", size, NODE(a, "Cos", angle));
    const int imaginary = NODE(a, "Mul", size, NODE(a, "Sin", angle));
    lwi_aten_return_complex(a, out, lwi_aten_join(a, real, imaginary));
}

void lwi_aten_conj(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    if (!lwi_aten_is_complex(&in[0])) {
        lwi_aten_return(a, out, x);
        return;
    }
    const int real = lwi_aten_part(a, x, 0), imaginary = lwi_aten_part(a, x, 1);
    lwi_aten_return_complex(a, out, lwi_aten_join(a, real, NODE(a, "Neg", imaginary)));
}

/* What is computed at once here needs no resolving. */
void lwi_aten_resolve_conj(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    (void)a;
    *out = in[0];
}
