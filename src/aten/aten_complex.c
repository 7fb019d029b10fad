/* SPDX-License-Identifier: MIT
 * Complex numbers. */
#include "aten/lower.h"

#include <math.h>

void lwi_aten_return_complex(lwi_aten *a, lwi_aten_value *out, int id) {
    lwi_aten_return(a, out, id);
    if (out->kind == LWI_ATEN_TENSOR) out->tensor->complex = true;
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

/* The real and the imaginary part of a number that may be real: -1 then. */
static void parts(lwi_aten *a, const lwi_aten_value *v, lw_dtype dtype, int part[2]) {
    const int x = lwi_aten_as(a, v, dtype);
    part[0] = lwi_aten_is_complex(v) ? lwi_aten_part(a, x, 0) : x;
    part[1] = lwi_aten_is_complex(v) ? lwi_aten_part(a, x, 1) : -1;
}

void lwi_aten_complex_mul(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const lw_dtype dtype = lwi_aten_promoted(a, 2, (const lwi_aten_value *[]){&in[0], &in[1]});
    int x[2], y[2];
    parts(a, &in[0], dtype, x);
    parts(a, &in[1], dtype, y);
    int real = NODE(a, "Mul", x[0], y[0]), imaginary = -1;
    if (x[1] >= 0 && y[1] >= 0) {
        real = NODE(a, "Sub", real, NODE(a, "Mul", x[1], y[1]));
        imaginary = NODE(a, "Add", NODE(a, "Mul", x[0], y[1]), NODE(a, "Mul", x[1], y[0]));
    } else imaginary = x[1] >= 0 ? NODE(a, "Mul", x[1], y[0]) : NODE(a, "Mul", x[0], y[1]);
    lwi_aten_return_complex(a, out, lwi_aten_join(a, real, imaginary));
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
