/* SPDX-License-Identifier: MIT
 * The larger, the smaller, one or the other. */
#include "aten/lower.h"

static int extreme(lwi_aten *a, const lwi_aten_value *in, const char *op, const char *of_bools) {
    int x = -1, y = -1;
    const lw_dtype dtype = lwi_aten_pair(a, in, &x, &y);
    return NODE(a, dtype == LW_BOOL ? of_bools : op, x, y);
}

void lwi_aten_maximum(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_return(a, out, extreme(a, in, "Max", "Or"));
}

void lwi_aten_minimum(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_return(a, out, extreme(a, in, "Min", "And"));
}

/* The other one where one is NaN. */
static void without_nan(lwi_aten *a, const lwi_aten_value *in, const char *op,
                        lwi_aten_value *out) {
    int x = -1, y = -1;
    lwi_aten_pair(a, in, &x, &y);
    const int x_is_number = NODE(a, "Equal", x, x), y_is_number = NODE(a, "Equal", y, y);
    const int z = NODE(a, "Where", y_is_number, NODE(a, op, x, y), x);
    lwi_aten_return(a, out, NODE(a, "Where", x_is_number, z, y));
}

void lwi_aten_fmax(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    without_nan(a, in, "Max", out);
}

void lwi_aten_fmin(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    without_nan(a, in, "Min", out);
}

/* self, min, max; either may be none, numbers or tensors */
static void clamped(lwi_aten *a, const lwi_aten_value *x, const lwi_aten_value *low,
                    const lwi_aten_value *high, lwi_aten_value *out) {
    const lw_dtype dtype = lwi_aten_promoted(a, 3, (const lwi_aten_value *[]){x, low, high});
    int y = lwi_aten_as(a, x, dtype);
    const bool numbers = low->kind != LWI_ATEN_TENSOR && high->kind != LWI_ATEN_TENSOR;
    const int least = lwi_aten_given(low) ? lwi_aten_as(a, low, dtype) : -1;
    const int most = lwi_aten_given(high) ? lwi_aten_as(a, high, dtype) : -1;
    if (numbers) y = NODE(a, "Clip", y, least, most);
    else {
        if (least >= 0) y = NODE(a, "Max", y, least);
        if (most >= 0) y = NODE(a, "Min", y, most);
    }
    lwi_aten_return(a, out, y);
}

void lwi_aten_clamp(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    clamped(a, &in[0], &in[1], &in[2], out);
}

void lwi_aten_clamp_min(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const lwi_aten_value none = lwi_aten_none();
    clamped(a, &in[0], &in[1], &none, out);
}

void lwi_aten_clamp_max(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const lwi_aten_value none = lwi_aten_none();
    clamped(a, &in[0], &none, &in[1], out);
}

/* condition, self, other */
void lwi_aten_where(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = -1, y = -1;
    lwi_aten_pair(a, &in[1], &x, &y);
    lwi_aten_return(a, out, NODE(a, "Where", lwi_aten_as(a, &in[0], LW_BOOL), x, y));
}

/* self, mask, value */
void lwi_aten_masked_fill(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const int value = lwi_aten_as(a, &in[2], lwi_aten_dtype(a, x));
    lwi_aten_return(a, out, NODE(a, "Where", lwi_aten_as(a, &in[1], LW_BOOL), value, x));
}

/* input, values: 0 below zero, 1 above it, values there */
void lwi_aten_heaviside(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = -1, y = -1;
    const lw_dtype dtype = lwi_aten_pair(a, in, &x, &y);
    const int zero = lwi_aten_like(a, x, 0);
    const int step = lwi_aten_cast(a, NODE(a, "Greater", x, zero), dtype);
    lwi_aten_return(a, out, NODE(a, "Where", NODE(a, "Equal", x, zero), y, step));
}

/* The first one's size, the second one's sign, that of -0 too. */
void lwi_aten_copysign(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = -1, y = -1;
    lwi_aten_pair(a, in, &x, &y);
    const int size = NODE(a, "Abs", x), zero = lwi_aten_like(a, y, 0);
    const int negative =
        NODE(a, "Or", NODE(a, "Less", y, zero), NODE(a, "Less", NODE(a, "Reciprocal", y), zero));
    lwi_aten_return(a, out, NODE(a, "Where", negative, NODE(a, "Neg", size), size));
}
