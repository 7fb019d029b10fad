/* SPDX-License-Identifier: MIT
 * Linear algebra: inverses, determinants, cross products. */
#include "aten/lower.h"

#include <math.h>
#include <string.h>

static int inverse_of(lwi_aten *a, int x) {
    int y = -1;
    lwi_build_outputs(&a->b, "com.microsoft", "Inverse", 1, &x, 1, &y);
    return y;
}

/* Zeros, one for each matrix: all went well. */
static int no_errors(lwi_aten *a, int x) {
    int shape = lwi_build_ints(&a->b, 0, NULL), sizes[LW_MAX_RANK];
    const int rank = lwi_aten_rank(a, x);
    for (int d = 0; d < rank - 2; d++)
        sizes[d] = lwi_aten_size_id(a, x, d);
    if (rank > 2) shape = lwi_aten_concat(a, 0, (size_t)rank - 2, sizes);
    return NODE(a, "Expand", lwi_aten_fill(a, LW_INT32, 0), shape);
}

/* "linalg_inv_ex" also says that all went well. */
void lwi_aten_inverse(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    lwi_aten_return(a, out, inverse_of(a, x));
    if (strstr(a->row->name, "_ex")) lwi_aten_return(a, &out[1], no_errors(a, x));
}

/* self, upper; so does "linalg_cholesky_ex" */
void lwi_aten_cholesky(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), rank = lwi_aten_rank(a, x);
    const int64_t last = rank - 1, before = rank - 2;
    if (rank < 2) lwi_aten_fail(a, LW_SHAPE, "expects a tensor with at least 2 dimensions");
    if (a->b.status != LW_OK) return;
    const bool upper = lwi_aten_get_bool(a, &in[1]);
    /* the upper triangle is what is read then */
    int y = FUSED(a, "Cholesky", upper ? lwi_aten_move(a, x, 1, &last, &before) : x);
    if (upper) y = lwi_aten_move(a, y, 1, &last, &before);
    lwi_aten_return(a, out, y);
    if (strstr(a->row->name, "_ex")) lwi_aten_return(a, &out[1], no_errors(a, x));
}

void lwi_aten_det(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_return(a, out, NODE(a, "Det", lwi_aten_id(a, &in[0])));
}

/* A, B, left: a vector of unknowns, or a matrix of columns */
void lwi_aten_solve(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), y = lwi_aten_id(a, &in[1]);
    const bool vector = lwi_aten_rank(a, y) == 1;
    if (!lwi_aten_get_bool(a, &in[2])) lwi_aten_fail(a, LW_UNSUPPORTED, "left=False");
    const int columns = vector ? lwi_aten_unsqueeze(a, y, 1) : y;
    const int z = NODE(a, "MatMul", inverse_of(a, x), columns);
    lwi_aten_return(a, out, vector ? lwi_aten_squeeze(a, z, -1) : z);
}

/* self, n */
void lwi_aten_matrix_power(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = lwi_aten_id(a, &in[0]);
    const int64_t n = lwi_aten_get_int(a, &in[1]);
    if (n == 0 || n < -64 || n > 64) lwi_aten_fail(a, LW_UNSUPPORTED, "power %lld", (long long)n);
    if (a->b.status != LW_OK) return;
    if (n < 0) x = inverse_of(a, x);
    int y = x;
    for (int64_t i = 1; i < (n < 0 ? -n : n); i++)
        y = NODE(a, "MatMul", y, x);
    lwi_aten_return(a, out, y);
}

/* The sum of the diagonal. */
void lwi_aten_trace(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const lw_dtype dtype = lwi_aten_dtype(a, x);
    const int eye = lwi_aten_cast(a, NODE(a, "EyeLike", x), LW_BOOL);
    int kept = NODE(a, "Where", eye, x, lwi_aten_like(a, x, 0));
    if (lwi_aten_is_integral(dtype)) kept = lwi_aten_cast(a, kept, LW_INT64);
    lwi_aten_return(a, out, lwi_aten_reduced(a, "ReduceSum", kept, 2, (int64_t[]){0, 1}, false));
}

/* ------------------------------------------------------------- cross products */

static int turned(lwi_aten *a, int x, int axis, int shift) {
    const int y = NODE(a, "Gather", x, INTS(a, shift % 3, (shift + 1) % 3, (shift + 2) % 3));
    lwi_build_int(&a->b, "axis", axis);
    return y;
}

/* self, other, dim; none is the first of size 3 */
void lwi_aten_cross(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = -1, y = -1, axis = 0;
    lwi_aten_pair(a, in, &x, &y);
    const int rank = lwi_aten_rank(a, x);
    if (lwi_aten_given(&in[2])) axis = lwi_aten_axis(a, &in[2], rank);
    else
        while (axis < rank - 1 && lwi_aten_example_dim(a, x, axis) != 3)
            axis++;
    if (lwi_aten_example_dim(a, x, axis) != 3)
        lwi_aten_fail(a, LW_SHAPE, "no dimension of size 3 in input");
    const int p = NODE(a, "Mul", turned(a, x, axis, 1), turned(a, y, axis, 2));
    const int q = NODE(a, "Mul", turned(a, x, axis, 2), turned(a, y, axis, 1));
    lwi_aten_return(a, out, NODE(a, "Sub", p, q));
}

/* --------------------------------------------------------------- matrix norms */

/* self, ord, dim, keepdim, dtype: "fro", or the largest sum of columns (1) or rows (inf) */
void lwi_aten_matrix_norm(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = lwi_aten_floats(a, &in[0]);
    x = lwi_aten_cast(a, x, lwi_aten_get_dtype(a, &in[4], lwi_aten_dtype(a, x)));
    int64_t dims[LW_MAX_RANK];
    const bool keep = lwi_aten_get_bool(a, &in[3]);
    const size_t n = lwi_aten_axes(a, &in[2], lwi_aten_rank(a, x), dims);
    if (n != 2) lwi_aten_fail(a, LW_INVALID, "dim must be a 2-tuple");
    if (a->b.status != LW_OK) return;
    if (in[1].kind == LWI_ATEN_STRING) {
        if (!lwi_aten_is(&in[1], "fro"))
            lwi_aten_fail(a, LW_UNSUPPORTED, "norms by singular values");
        lwi_aten_return(a, out, lwi_aten_norm(a, x, 2, 2, dims, keep));
        return;
    }
    const double order = lwi_aten_get_float(a, &in[1]);
    if (fabs(order) != 1 && !isinf(order))
        lwi_aten_fail(a, LW_UNSUPPORTED, "norms by singular values");
    const int rows = isinf(order) ? 1 : 0;
    const int sums = lwi_aten_reduced(a, "ReduceL1", x, 1, &dims[rows], true);
    int y =
        lwi_aten_reduced(a, order > 0 ? "ReduceMax" : "ReduceMin", sums, 1, &dims[1 - rows], true);
    if (!keep) y = NODE(a, "Squeeze", y, lwi_build_ints(&a->b, 2, dims));
    lwi_aten_return(a, out, y);
}
