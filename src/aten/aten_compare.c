/* SPDX-License-Identifier: MIT
 * Comparisons, logic and bits. */
#include "aten/lower.h"

#include <string.h>

/* The first word of the row's ONNX names. */
static const char *first_op(lwi_aten *a, char name[32]) {
    const size_t n = strcspn(a->row->onnx, " ");
    memcpy(name, a->row->onnx, n < 31 ? n : 31);
    name[n < 31 ? n : 31] = '\0';
    return name;
}

static int compared(lwi_aten *a, const char *op, const lwi_aten_value *in) {
    int x = -1, y = -1;
    const lw_dtype dtype = lwi_aten_pair(a, in, &x, &y);
    const bool order = strcmp(op, "Equal") != 0;
    if (order && dtype == LW_BOOL) {
        x = lwi_aten_cast(a, x, LW_UINT8);
        y = lwi_aten_cast(a, y, LW_UINT8);
    }
    return NODE(a, op, x, y);
}

void lwi_aten_compare(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_return(a, out, compared(a, a->row->onnx, in));
}

void lwi_aten_not_equal(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_return(a, out, NODE(a, "Not", compared(a, "Equal", in)));
}

/* --------------------------------------------------------------------- logic */

static int truth(lwi_aten *a, const lwi_aten_value *v) { return lwi_aten_as(a, v, LW_BOOL); }

void lwi_aten_logical_not(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_return(a, out, NODE(a, "Not", truth(a, &in[0])));
}

void lwi_aten_logical(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = truth(a, &in[0]), y = truth(a, &in[1]);
    lwi_aten_return(a, out, NODE(a, a->row->onnx, x, y));
}

/* ---------------------------------------------------------------------- bits */

void lwi_aten_bitwise_not(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const bool truth = lwi_aten_dtype(a, x) == LW_BOOL;
    lwi_aten_return(a, out, NODE(a, truth ? "Not" : "BitwiseNot", x));
}

/* "BitwiseAnd And": the second is for bools. */
void lwi_aten_bitwise(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = -1, y = -1;
    char name[32];
    const lw_dtype dtype = lwi_aten_pair(a, in, &x, &y);
    first_op(a, name);
    lwi_aten_return(a, out, NODE(a, dtype == LW_BOOL ? strchr(a->row->onnx, ' ') + 1 : name, x, y));
}

static int two_to(lwi_aten *a, int y, lw_dtype dtype) {
    const int exponent = lwi_aten_cast(a, y, LW_INT64);
    const int power = NODE(a, "Pow", lwi_aten_int_scalar(a, 2), exponent);
    return lwi_aten_cast(a, power, dtype);
}

void lwi_aten_shift_left(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = -1, y = -1;
    const lw_dtype dtype = lwi_aten_pair(a, in, &x, &y);
    lwi_aten_return(a, out, NODE(a, "Mul", x, two_to(a, y, dtype)));
}

/* Arithmetic: rounds down. */
void lwi_aten_shift_right(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = -1, y = -1;
    const lw_dtype dtype = lwi_aten_pair(a, in, &x, &y);
    const int power = two_to(a, y, dtype);
    const int whole = NODE(a, "Sub", x, NODE(a, "Mod", x, power));
    lwi_aten_return(a, out, NODE(a, "Div", whole, power));
}

/* ------------------------------------------------------------------ closeness */

/* self, other, rtol, atol, equal_nan: |self - other| <= atol + rtol |other| */
static int close_to(lwi_aten *a, const lwi_aten_value *in) {
    int x = -1, y = -1;
    lwi_aten_pair(a, in, &x, &y);
    int near = NODE(a, "Equal", x, y);
    if (lwi_aten_get_bool(a, &in[4])) {
        const int both = NODE(a, "Or", NODE(a, "Equal", x, x), NODE(a, "Equal", y, y));
        near = NODE(a, "Or", near, NODE(a, "Not", both));
    }
    x = lwi_aten_is_integral(lwi_aten_dtype(a, x)) ? lwi_aten_cast(a, x, LW_FLOAT64) : x;
    y = lwi_aten_cast(a, y, lwi_aten_dtype(a, x));
    const int share =
        NODE(a, "Mul", NODE(a, "Abs", y), lwi_aten_scalar(a, &in[2], lwi_aten_dtype(a, x)));
    const int allowed = NODE(a, "Add", share, lwi_aten_scalar(a, &in[3], lwi_aten_dtype(a, x)));
    const int apart = NODE(a, "Abs", NODE(a, "Sub", x, y));
    return NODE(a, "Or", near, NODE(a, "LessOrEqual", apart, allowed));
}

void lwi_aten_isclose(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_return(a, out, close_to(a, in));
}

/* All elements of a bool tensor are true, as a number of the program. */
static lwi_aten_value all_true(lwi_aten *a, int x) {
    const int flat = lwi_aten_reshape(a, x, 1, (int64_t[]){-1});
    const int all = NODE(a, "ReduceMin", flat, -1);
    lwi_build_int(&a->b, "keepdims", 0);
    return lwi_aten_number_of(a, all);
}

void lwi_aten_allclose(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    *out = all_true(a, close_to(a, in));
}

void lwi_aten_equal(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = -1, y = -1;
    lwi_aten_pair(a, in, &x, &y);
    bool same = lwi_aten_rank(a, x) == lwi_aten_rank(a, y);
    for (int d = 0; same && d < lwi_aten_rank(a, x); d++)
        same = lwi_aten_example_dim(a, x, d) == lwi_aten_example_dim(a, y, d);
    *out = same ? all_true(a, NODE(a, "Equal", x, y)) : lwi_aten_bool(false);
}

/* elements, test_elements, assume_unique, invert */
void lwi_aten_isin(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = -1, y = -1;
    lwi_aten_pair(a, in, &x, &y);
    const int tests = lwi_aten_reshape(a, y, 1, (int64_t[]){-1});
    const int equal = NODE(a, "Equal", lwi_aten_unsqueeze(a, x, -1), tests);
    const int any = NODE(a, "ReduceMax", equal, INTS(a, -1));
    lwi_build_int(&a->b, "keepdims", 0);
    lwi_aten_return(a, out, lwi_aten_get_bool(a, &in[3]) ? NODE(a, "Not", any) : any);
}
