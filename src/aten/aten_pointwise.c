/* SPDX-License-Identifier: MIT
 * Element by element. */
#include "aten/lower.h"

#include <string.h>

/* ----------------------------------------------------------------- one tensor */

void lwi_aten_unary(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_return(a, out, NODE(a, a->row->onnx, lwi_aten_id(a, &in[0])));
}

/* Integers and bools are computed as float32. */
void lwi_aten_float_unary(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const lw_dtype dtype = lwi_aten_dtype(a, x);
    const int floats = lwi_aten_cast(a, x, lwi_aten_is_integral(dtype) ? LW_FLOAT32 : dtype);
    lwi_aten_return(a, out, NODE(a, a->row->onnx, floats));
}

/* ---------------------------------------------------------------- two tensors */

void lwi_aten_binary(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const lw_dtype dtype = lwi_aten_promoted(a, 2, (const lwi_aten_value *[]){&in[0], &in[1]});
    const int x = lwi_aten_as(a, &in[0], dtype), y = lwi_aten_as(a, &in[1], dtype);
    lwi_aten_return(a, out, NODE(a, a->row->onnx, x, y));
}

/* x + alpha y */
void lwi_aten_add(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const lw_dtype dtype = lwi_aten_promoted(a, 2, (const lwi_aten_value *[]){&in[0], &in[1]});
    const int x = lwi_aten_as(a, &in[0], dtype);
    int y = lwi_aten_as(a, &in[1], dtype);
    if (in[2].id >= 0 || lwi_aten_get_float(a, &in[2]) != 1)
        y = NODE(a, "Mul", y, lwi_aten_scalar(a, &in[2], dtype));
    lwi_aten_return(a, out, NODE(a, a->row->onnx, x, y));
}
