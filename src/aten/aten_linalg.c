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

/* A^-1 B. B: matrices, or vectors, which PyTorch takes those for whose rank is 1 or whose shape is
 * A's without the last dimension. */
static int solved(lwi_aten *a, int x, int y) {
    const int rank = lwi_aten_rank(a, x), rank_y = lwi_aten_rank(a, y);
    bool vector = rank_y == 1 || rank_y == rank - 1;
    for (int d = 0; d < rank_y && vector && rank_y > 1; d++)
        vector = lwi_aten_example_dim(a, x, d) == lwi_aten_example_dim(a, y, d);
    if (vector) y = lwi_aten_unsqueeze(a, y, -1);
    const int z = NODE(a, "MatMul", inverse_of(a, x), y);
    return vector ? lwi_aten_squeeze(a, z, -1) : z;
}

/* A, B, left: A^-1 B or B A^-1. "linalg_solve_ex" also says that all went well; "_linalg_solve_ex"
 * has more results, which nothing uses. */
void lwi_aten_solve(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), y = lwi_aten_id(a, &in[1]);
    const bool left = lwi_aten_get_bool(a, &in[2]);
    lwi_aten_return(a, out, left ? solved(a, x, y) : NODE(a, "MatMul", y, inverse_of(a, x)));
    if (!strncmp(a->row->name, "linalg_solve_ex", 15)) lwi_aten_return(a, &out[1], no_errors(a, x));
}

/* One unit matrix of the size and type of those in x. */
static int unit_like(lwi_aten *a, int x) {
    const lwi_aten_value n = lwi_aten_size(a, x, lwi_aten_rank(a, x) - 1);
    const lwi_aten_value eye = lwi_aten_apply(a, "eye", 1, &n);
    return lwi_aten_cast(a, lwi_aten_id(a, &eye), lwi_aten_dtype(a, x));
}

/* The triangle of x, with ones on the diagonal if it is a unit one. */
static int triangle(lwi_aten *a, int x, bool upper, bool unit) {
    const int y = NODE(a, "Trilu", x, lwi_aten_int_scalar(a, unit ? (upper ? 1 : -1) : 0));
    lwi_build_int(&a->b, "upper", upper);
    if (!unit) return y;
    return NODE(a, "Add", y, unit_like(a, x));
}

static int last_turned(lwi_aten *a, int x) {
    const int64_t last = lwi_aten_rank(a, x) - 1, before = last - 1;
    return lwi_aten_move(a, x, 1, &last, &before);
}

/* A, B, upper, left, unitriangular */
void lwi_aten_solve_triangular(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const bool upper = lwi_aten_get_bool(a, &in[2]), unit = lwi_aten_get_bool(a, &in[4]);
    const int x = triangle(a, lwi_aten_id(a, &in[0]), upper, unit), y = lwi_aten_id(a, &in[1]);
    const int inverse = inverse_of(a, x);
    const bool left = lwi_aten_get_bool(a, &in[3]);
    lwi_aten_return(a, out, NODE(a, "MatMul", left ? inverse : y, left ? y : inverse));
}

/* B, A, upper, transpose, unitriangular: the solution, and A */
void lwi_aten_triangular_solve(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const bool upper = lwi_aten_get_bool(a, &in[2]), unit = lwi_aten_get_bool(a, &in[4]);
    const int A = lwi_aten_id(a, &in[1]);
    int x = triangle(a, A, upper, unit);
    if (lwi_aten_get_bool(a, &in[3])) x = last_turned(a, x);
    lwi_aten_return(a, &out[0], NODE(a, "MatMul", inverse_of(a, x), lwi_aten_id(a, &in[0])));
    lwi_aten_return(a, &out[1], A);
}

/* L L^T, or U^T U */
static int from_cholesky(lwi_aten *a, int x, bool upper) {
    x = triangle(a, x, upper, false);
    const int y = last_turned(a, x);
    return upper ? NODE(a, "MatMul", y, x) : NODE(a, "MatMul", x, y);
}

/* B, L, upper */
void lwi_aten_cholesky_solve(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = from_cholesky(a, lwi_aten_id(a, &in[1]), lwi_aten_get_bool(a, &in[2]));
    lwi_aten_return(a, out, NODE(a, "MatMul", inverse_of(a, x), lwi_aten_id(a, &in[0])));
}

/* L, upper */
void lwi_aten_cholesky_inverse(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = from_cholesky(a, lwi_aten_id(a, &in[0]), lwi_aten_get_bool(a, &in[1]));
    lwi_aten_return(a, out, inverse_of(a, x));
}

/* self, n */
void lwi_aten_matrix_power(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = lwi_aten_id(a, &in[0]);
    const int64_t n = lwi_aten_get_int(a, &in[1]);
    if (n < -64 || n > 64) lwi_aten_fail(a, LW_UNSUPPORTED, "power %lld", (long long)n);
    if (a->b.status != LW_OK) return;
    if (n < 0) x = inverse_of(a, x);
    int y = x;
    if (n == 0) /* the unit matrix; in all of a batch */
        y = NODE(a, "Add", NODE(a, "Mul", x, lwi_aten_like(a, x, 0)), unit_like(a, x));
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

/* Norms by singular values: their sum ("nuc"), or the largest (2) or smallest (-2) of them. */
static int singular_norm(lwi_aten *a, int x, const char *reduce, const int64_t dims[2], bool keep) {
    const int64_t last = -1, first = dims[0] < dims[1] ? dims[0] : dims[1];
    int y = lwi_aten_reduced(a, reduce, lwi_aten_singular_values(a, x, dims), 1, &last, false);
    if (!keep) return y;
    y = lwi_aten_unsqueeze(a, y, first);
    return lwi_aten_unsqueeze(a, y, dims[0] + dims[1] - first);
}

/* The largest sum of columns (1) or rows (inf); the least for negative orders. */
static int sum_norm(lwi_aten *a, int x, double order, const int64_t dims[2], bool keep) {
    const int rows = isinf(order) ? 1 : 0;
    const int sums = lwi_aten_reduced(a, "ReduceL1", x, 1, &dims[rows], true);
    const int y =
        lwi_aten_reduced(a, order > 0 ? "ReduceMax" : "ReduceMin", sums, 1, &dims[1 - rows], true);
    return keep ? y : NODE(a, "Squeeze", y, lwi_build_ints(&a->b, 2, dims));
}

static int matrix_norm(lwi_aten *a, int x, const lwi_aten_value *ord, const int64_t dims[2],
                       bool keep) {
    if (ord->kind == LWI_ATEN_STRING) {
        if (lwi_aten_is(ord, "fro")) return lwi_aten_norm(a, x, 2, 2, dims, keep);
        if (lwi_aten_is(ord, "nuc")) return singular_norm(a, x, "ReduceSum", dims, keep);
        lwi_aten_fail(a, LW_INVALID, "ord is neither \"fro\" nor \"nuc\"");
        return -1;
    }
    const double order = lwi_aten_get_float(a, ord);
    if (fabs(order) == 2)
        return singular_norm(a, x, order > 0 ? "ReduceMax" : "ReduceMin", dims, keep);
    if (fabs(order) == 1 || isinf(order)) return sum_norm(a, x, order, dims, keep);
    lwi_aten_fail(a, LW_INVALID, "ord %g is not supported", order);
    return -1;
}

/* self, ord, dim, keepdim, dtype */
void lwi_aten_matrix_norm(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = lwi_aten_floats(a, &in[0]);
    x = lwi_aten_cast(a, x, lwi_aten_get_dtype(a, &in[4], lwi_aten_dtype(a, x)));
    int64_t dims[LW_MAX_RANK];
    const bool keep = lwi_aten_get_bool(a, &in[3]);
    const size_t n = lwi_aten_axes(a, &in[2], lwi_aten_rank(a, x), dims);
    if (n != 2) lwi_aten_fail(a, LW_INVALID, "dim must be a 2-tuple");
    if (a->b.status != LW_OK) return;
    lwi_aten_return(a, out, matrix_norm(a, x, &in[1], dims, keep));
}
