/* SPDX-License-Identifier: MIT
 * Reductions. dims that are none, or an empty list, are all dimensions. */
#include "aten/lower.h"

#include <string.h>

typedef struct axes {
    int64_t dims[LW_MAX_RANK];
    size_t n;
} axes;

static axes read_axes(lwi_aten *a, int x, const lwi_aten_value *dims) {
    axes set = {{0}, 0};
    const int rank = lwi_aten_rank(a, x);
    if (rank > 0) set.n = lwi_aten_axes(a, dims, rank, set.dims);
    return set;
}

int lwi_aten_reduced(lwi_aten *a, const char *op, int x, size_t n, const int64_t *dims, bool keep) {
    if (n == 0) return lwi_aten_rank(a, x) == 0 && !strcmp(op, "ReduceL1") ? NODE(a, "Abs", x) : x;
    const int y = NODE(a, op, x, lwi_build_ints(&a->b, n, dims));
    lwi_build_int(&a->b, "keepdims", keep);
    return y;
}

static int reduced(lwi_aten *a, const char *op, int x, axes set, bool keep) {
    return lwi_aten_reduced(a, op, x, set.n, set.dims, keep);
}

static int64_t first_op(lwi_aten *a, char op[32]) {
    const size_t n = strcspn(a->row->onnx, " ");
    memcpy(op, a->row->onnx, n < 31 ? n : 31);
    op[n < 31 ? n : 31] = '\0';
    return (int64_t)n;
}

/* Sums and products of integers and bools are int64. */
static int summand(lwi_aten *a, const lwi_aten_value *v, const lwi_aten_value *dtype) {
    const int x = lwi_aten_id(a, v);
    const lw_dtype own = lwi_aten_dtype(a, x);
    return lwi_aten_cast(a, x,
                         lwi_aten_get_dtype(a, dtype, lwi_aten_is_integral(own) ? LW_INT64 : own));
}

/* self, dtype */
void lwi_aten_reduce_all(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const lwi_aten_value none = lwi_aten_none();
    const int x = summand(a, &in[0], &in[1]);
    lwi_aten_return(a, out, reduced(a, a->row->onnx, x, read_axes(a, x, &none), false));
}

/* self, dim, keepdim, dtype */
void lwi_aten_reduce_dims(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = summand(a, &in[0], &in[3]);
    const bool keep = lwi_aten_get_bool(a, &in[2]);
    lwi_aten_return(a, out, reduced(a, a->row->onnx, x, read_axes(a, x, &in[1]), keep));
}

/* NaNs are left out: they are 0, and do not count in a mean. */
static void without_nan(lwi_aten *a, int x, axes set, bool keep, bool mean, lwi_aten_value *out) {
    const int number = NODE(a, "Equal", x, x);
    const int clean = NODE(a, "Where", number, x, lwi_aten_like(a, x, 0));
    int y = reduced(a, "ReduceSum", clean, set, keep);
    if (mean) {
        const int ones = lwi_aten_cast(a, number, lwi_aten_dtype(a, x));
        y = NODE(a, "Div", y, reduced(a, "ReduceSum", ones, set, keep));
    }
    lwi_aten_return(a, out, y);
}

/* "nansum", "nanmean": self, dim, keepdim, dtype */
void lwi_aten_nan_reduce(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = summand(a, &in[0], &in[3]);
    const bool keep = lwi_aten_get_bool(a, &in[2]), mean = a->row->name[3] == 'm';
    without_nan(a, x, read_axes(a, x, &in[1]), keep, mean, out);
}

/* -------------------------------------------------------------------- extremes */

/* "max", "min", "amax", "amin": self[, dim, keepdim] */
void lwi_aten_extreme(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const lwi_aten_value none = lwi_aten_none();
    const int x = lwi_aten_id(a, &in[0]);
    const bool dims = a->row->name[0] == 'a';
    const axes set = read_axes(a, x, dims ? &in[1] : &none);
    const bool keep = dims && lwi_aten_get_bool(a, &in[2]);
    lwi_aten_return(a, out, reduced(a, a->row->onnx, x, set, keep));
}

int lwi_aten_arg_extreme(lwi_aten *a, const char *op, int x, int axis, bool keep) {
    const lw_dtype dtype = lwi_aten_dtype(a, x);
    if (dtype == LW_BOOL) x = lwi_aten_cast(a, x, LW_UINT8);
    if (lwi_aten_rank(a, x) == 0) return lwi_aten_int_scalar(a, 0);
    const int y = NODE(a, op, x);
    lwi_build_int(&a->b, "axis", axis);
    lwi_build_int(&a->b, "keepdims", keep);
    return y;
}

/* "max.dim", "min.dim": self, dim, keepdim */
void lwi_aten_extreme_dim(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const bool keep = lwi_aten_get_bool(a, &in[2]), max = a->row->name[1] == 'a';
    const axes set = read_axes(a, x, &in[1]);
    const int y = reduced(a, max ? "ReduceMax" : "ReduceMin", x, set, keep);
    lwi_aten_return(a, &out[0], y);
    lwi_aten_return(a, &out[1],
                    lwi_aten_arg_extreme(a, max ? "ArgMax" : "ArgMin", x, (int)set.dims[0], keep));
}

/* self, dim, keepdim */
void lwi_aten_aminmax(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const axes set = read_axes(a, x, &in[1]);
    const bool keep = lwi_aten_get_bool(a, &in[2]);
    lwi_aten_return(a, &out[0], reduced(a, "ReduceMin", x, set, keep));
    lwi_aten_return(a, &out[1], reduced(a, "ReduceMax", x, set, keep));
}

/* self, dim, keepdim; without dim: of all elements in a row */
void lwi_aten_arg(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), rank = lwi_aten_rank(a, x);
    const bool keep = lwi_aten_get_bool(a, &in[2]);
    if (lwi_aten_given(&in[1])) {
        const int axis = lwi_aten_axis(a, &in[1], rank);
        lwi_aten_return(a, out, lwi_aten_arg_extreme(a, a->row->onnx, x, axis, keep));
        return;
    }
    const int flat = lwi_aten_reshape(a, x, 1, (int64_t[]){-1});
    int y = lwi_aten_arg_extreme(a, a->row->onnx, flat, 0, false);
    for (int d = 0; d < rank && keep; d++)
        y = lwi_aten_unsqueeze(a, y, 0);
    lwi_aten_return(a, out, y);
}

/* "any", "all": self[, dim or dims, keepdim] */
void lwi_aten_truth(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const lwi_aten_value none = lwi_aten_none();
    const bool dims = *a->row->overload != '\0';
    const int x = lwi_aten_id(a, &in[0]);
    const axes set = read_axes(a, x, dims ? &in[1] : &none);
    const bool keep = dims && lwi_aten_get_bool(a, &in[2]);
    const char *op = a->row->name[1] == 'n' ? "ReduceMax" : "ReduceMin";
    const int y = reduced(a, op, lwi_aten_cast(a, x, LW_BOOL), set, keep);
    lwi_aten_return(a, out, lwi_aten_dtype(a, x) == LW_UINT8 ? lwi_aten_cast(a, y, LW_UINT8) : y);
}

/* self, dim (one or a list) */
void lwi_aten_count_nonzero(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_cast(a, lwi_aten_id(a, &in[0]), LW_BOOL);
    const int ones = lwi_aten_cast(a, x, LW_INT64);
    lwi_aten_return(a, out, reduced(a, "ReduceSum", ones, read_axes(a, x, &in[1]), false));
}

/* ----------------------------------------------------------------------- norms */

int lwi_aten_norm(lwi_aten *a, int x, double p, size_t n, const int64_t *dims, bool keep) {
    const int size = p == 1 || p == 2 ? x : NODE(a, "Abs", x);
    if (p == 1) return lwi_aten_reduced(a, "ReduceL1", x, n, dims, keep);
    if (p == 2) return n ? lwi_aten_reduced(a, "ReduceL2", x, n, dims, keep) : NODE(a, "Abs", x);
    if (p > 1e300) return lwi_aten_reduced(a, "ReduceMax", size, n, dims, keep);
    if (p < -1e300) return lwi_aten_reduced(a, "ReduceMin", size, n, dims, keep);
    if (p == 0) {
        const int there = lwi_aten_cast(a, lwi_aten_cast(a, x, LW_BOOL), lwi_aten_dtype(a, x));
        return lwi_aten_reduced(a, "ReduceSum", there, n, dims, keep);
    }
    const int powers = NODE(a, "Pow", size, lwi_aten_like(a, x, p));
    const int sum = lwi_aten_reduced(a, "ReduceSum", powers, n, dims, keep);
    return NODE(a, "Pow", sum, lwi_aten_like(a, x, 1 / p));
}

static void norm_of(lwi_aten *a, const lwi_aten_value *x, const lwi_aten_value *p,
                    const lwi_aten_value *dims, bool keep, const lwi_aten_value *dtype,
                    lwi_aten_value *out) {
    const int floats = lwi_aten_floats(a, x);
    const lw_dtype own = lwi_aten_dtype(a, floats);
    const int y = lwi_aten_cast(a, floats, dtype ? lwi_aten_get_dtype(a, dtype, own) : own);
    const axes set = read_axes(a, y, dims);
    const double power = p && lwi_aten_given(p) ? lwi_aten_get_float(a, p) : 2;
    lwi_aten_return(a, out, lwi_aten_norm(a, y, power, set.n, set.dims, keep));
}

/* self, ord, dim, keepdim, dtype */
void lwi_aten_vector_norm(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    norm_of(a, &in[0], &in[1], &in[2], lwi_aten_get_bool(a, &in[3]), &in[4], out);
}

/* The same, if it is a norm of vectors: one dimension, or all without an order. */
void lwi_aten_linalg_norm(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const bool vectors = !lwi_aten_given(&in[1]) ||
                         (in[2].kind == LWI_ATEN_LIST && in[2].list.n == 1) ||
                         lwi_aten_rank(a, lwi_aten_id(a, &in[0])) < 2;
    if (vectors && in[1].kind != LWI_ATEN_STRING) lwi_aten_vector_norm(a, in, out);
    else lwi_aten_matrix_norm(a, in, out);
}

/* self, p[, dim, keepdim[, dtype]] */
void lwi_aten_p_norm(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const lwi_aten_value none = lwi_aten_none();
    const char *overload = a->row->overload;
    const bool dims = strstr(overload, "dim"), dtype = strstr(overload, "dtype");
    norm_of(a, &in[0], &in[1], dims ? &in[2] : &none, dims && lwi_aten_get_bool(a, &in[3]),
            dtype ? &in[4] : NULL, out);
}

/* self, dim, keepdim */
void lwi_aten_frobenius_norm(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    norm_of(a, &in[0], NULL, &in[1], lwi_aten_get_bool(a, &in[2]), NULL, out);
}

/* self, other, p */
void lwi_aten_dist(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = -1, y = -1;
    const lwi_aten_value none = lwi_aten_none();
    lwi_aten_pair(a, in, &x, &y);
    const lwi_aten_value apart = lwi_aten_tensor_of(a, NODE(a, "Sub", x, y));
    norm_of(a, &apart, &in[2], &none, false, NULL, out);
}

/* self, dim, keepdim */
void lwi_aten_logsumexp(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_floats(a, &in[0]);
    const axes set = read_axes(a, x, &in[1]);
    char op[32];
    first_op(a, op);
    lwi_aten_return(a, out, reduced(a, op, x, set, lwi_aten_get_bool(a, &in[2])));
}
