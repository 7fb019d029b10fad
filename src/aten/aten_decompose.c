/* SPDX-License-Identifier: MIT
 * Linear algebra by decompositions: singular values, QR, eigenvalues of symmetric matrices, and
 * what is made of them. */
#include "aten/lower.h"

#include <float.h>
#include <math.h>
#include <string.h>

static int turned(lwi_aten *a, int x) {
    const int64_t last = lwi_aten_rank(a, x) - 1, before = last - 1;
    return lwi_aten_move(a, x, 1, &last, &before);
}

/* The matrices of an argument, as floats; *rank is theirs. */
static int matrices(lwi_aten *a, const lwi_aten_value *v, int *rank) {
    const int x = lwi_aten_id(a, v);
    *rank = lwi_aten_rank(a, x);
    if (*rank < 2) lwi_aten_fail(a, LW_SHAPE, "expects a tensor with at least 2 dimensions");
    return x;
}

static void decompose(lwi_aten *a, const char *op, const char *attribute, bool on, int x, size_t n,
                      int *parts) {
    lwi_build_outputs(&a->b, "lampwick", op, 1, &x, n, parts);
    if (attribute) lwi_build_int(&a->b, attribute, on);
}

/* ------------------------------------------------------------ singular values */

/* A, full_matrices, ...: U, S, Vh; so does "_linalg_svd" */
void lwi_aten_linalg_svd(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int rank = 0, parts[3];
    const int x = matrices(a, &in[0], &rank);
    decompose(a, "Svd", "full_matrices", lwi_aten_get_bool(a, &in[1]), x, 3, parts);
    for (int i = 0; i < 3; i++)
        lwi_aten_return(a, &out[i], parts[i]);
}

/* self, some, compute_uv: U, S, V, which are zeros where they are not computed */
void lwi_aten_old_svd(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int rank = 0, parts[3];
    const int x = matrices(a, &in[0], &rank);
    const bool computed = lwi_aten_get_bool(a, &in[2]);
    decompose(a, "Svd", "full_matrices", !lwi_aten_get_bool(a, &in[1]) || !computed, x, 3, parts);
    if (a->b.status != LW_OK) return;
    parts[2] = turned(a, parts[2]);
    for (int i = 0; i < 3; i++) {
        if (i != 1 && !computed) parts[i] = NODE(a, "Mul", parts[i], lwi_aten_like(a, x, 0));
        lwi_aten_return(a, &out[i], parts[i]);
    }
}

void lwi_aten_svdvals(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int rank = 0, parts[3];
    const int x = matrices(a, &in[0], &rank);
    decompose(a, "Svd", NULL, false, x, 3, parts);
    lwi_aten_return(a, out, parts[1]);
}

/* -------------------------------------------------------------------- inverses */

/* What counts as zero beside the largest singular value of s [..., k]: [..., 1]. A tolerance that
 * is none is the rounding error of PyTorch's. */
static int cut(lwi_aten *a, int x, int s, const lwi_aten_value *atol, const lwi_aten_value *rtol) {
    const int rank = lwi_aten_rank(a, x);
    const int64_t last = -1;
    const double eps = lwi_aten_dtype(a, x) == LW_FLOAT64 ? DBL_EPSILON : (double)FLT_EPSILON;
    const double least = atol && lwi_aten_given(atol) ? lwi_aten_get_float(a, atol) : 0;
    const int64_t rows = lwi_aten_example_dim(a, x, rank - 2);
    const int64_t columns = lwi_aten_example_dim(a, x, rank - 1);
    double part = eps * (double)(rows > columns ? rows : columns);
    if (least > 0) part = 0;
    if (lwi_aten_given(rtol)) part = lwi_aten_get_float(a, rtol);
    const int largest = lwi_aten_reduced(a, "ReduceMax", s, 1, &last, true);
    return NODE(a, "Max", NODE(a, "Mul", largest, lwi_aten_like(a, s, part)),
                lwi_aten_like(a, s, least));
}

/* V diag(1 / S) U^T with what is above the cut. */
static int pseudo_inverse(lwi_aten *a, int x, const lwi_aten_value *atol,
                          const lwi_aten_value *rtol) {
    int parts[3];
    decompose(a, "Svd", NULL, false, x, 3, parts);
    if (a->b.status != LW_OK) return -1;
    const int kept = NODE(a, "Greater", parts[1], cut(a, x, parts[1], atol, rtol));
    const int one = lwi_aten_like(a, x, 1);
    const int s = NODE(a, "Div", one, NODE(a, "Where", kept, parts[1], one));
    const int inverse = NODE(a, "Where", kept, s, lwi_aten_like(a, x, 0));
    const int v = NODE(a, "Mul", turned(a, parts[2]), lwi_aten_unsqueeze(a, inverse, -2));
    return NODE(a, "MatMul", v, turned(a, parts[0]));
}

/* self, rcond, ... */
void lwi_aten_pinverse(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int rank = 0;
    const int x = matrices(a, &in[0], &rank);
    lwi_aten_return(a, out, pseudo_inverse(a, x, NULL, &in[1]));
}

/* self, atol, rtol, hermitian */
void lwi_aten_linalg_pinv(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int rank = 0;
    const int x = matrices(a, &in[0], &rank);
    lwi_aten_return(a, out, pseudo_inverse(a, x, &in[1], &in[2]));
}

/* self, b, rcond, driver: the solution only */
void lwi_aten_lstsq(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int rank = 0;
    const int x = matrices(a, &in[0], &rank), b = lwi_aten_id(a, &in[1]);
    const bool vector = lwi_aten_rank(a, b) == rank - 1;
    const int columns = vector ? lwi_aten_unsqueeze(a, b, -1) : b;
    const int y = NODE(a, "MatMul", pseudo_inverse(a, x, NULL, &in[2]), columns);
    lwi_aten_return(a, out, vector ? lwi_aten_squeeze(a, y, -1) : y);
}

static void rank_of(lwi_aten *a, const lwi_aten_value *v, const lwi_aten_value *atol,
                    const lwi_aten_value *rtol, lwi_aten_value *out) {
    int rank = 0, parts[3];
    const int64_t last = -1;
    const int x = matrices(a, v, &rank);
    decompose(a, "Svd", NULL, false, x, 3, parts);
    if (a->b.status != LW_OK) return;
    const int kept = NODE(a, "Greater", parts[1], cut(a, x, parts[1], atol, rtol));
    lwi_aten_return(
        a, out,
        lwi_aten_reduced(a, "ReduceSum", lwi_aten_cast(a, kept, LW_INT64), 1, &last, false));
}

/* self, tol, hermitian: a tolerance that does not depend on the largest */
void lwi_aten_matrix_rank(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const lwi_aten_value none = lwi_aten_none();
    rank_of(a, &in[0], &in[1], &none, out);
}

/* self, atol, rtol, hermitian */
void lwi_aten_matrix_rank_tolerances(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    rank_of(a, &in[0], &in[1], &in[2], out);
}

int lwi_aten_singular_values(lwi_aten *a, int x, const int64_t axes[2]) {
    int parts[3];
    const int rank = lwi_aten_rank(a, x);
    const int64_t last[2] = {rank - 2, rank - 1};
    decompose(a, "Svd", NULL, false, lwi_aten_move(a, x, 2, axes, last), 3, parts);
    return a->b.status == LW_OK ? parts[1] : -1;
}

/* -------------------------------------------------------------------------- QR */

/* A, mode: Q, R; Q is empty with the mode "r" */
void lwi_aten_linalg_qr(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int rank = 0, parts[2];
    const int64_t none = 0;
    const int x = matrices(a, &in[0], &rank);
    decompose(a, "Qr", "complete", lwi_aten_is(&in[1], "complete"), x, 2, parts);
    for (int i = 0; i < 2; i++)
        lwi_aten_return(a, &out[i], parts[i]);
    if (lwi_aten_is(&in[1], "r") && a->b.status == LW_OK)
        out[0] = lwi_aten_constant(a, lwi_aten_dtype(a, x), 1, &none, NULL);
}

static int diagonal_of(lwi_aten *a, int x) {
    const int rank = lwi_aten_rank(a, x);
    const lwi_aten_value args[4] = {lwi_aten_tensor_of(a, x), lwi_aten_int(0),
                                    lwi_aten_int(rank - 2), lwi_aten_int(rank - 1)};
    const lwi_aten_value d = lwi_aten_apply(a, "diagonal", 4, args);
    return lwi_aten_id(a, &d);
}

/* A: the sign of the determinant, and the logarithm of what it is without. Q has the determinant 1
 * or -1, so that nothing overflows. */
void lwi_aten_slogdet(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int rank = 0, parts[2];
    const int64_t last = -1;
    decompose(a, "Qr", NULL, false, matrices(a, &in[0], &rank), 2, parts);
    if (a->b.status != LW_OK) return;
    const int diagonal = diagonal_of(a, parts[1]);
    const int signs = NODE(a, "Sign", diagonal);
    const int q = NODE(a, "Round", NODE(a, "Det", parts[0]));
    const int sign = lwi_aten_reduced(a, "ReduceProd", signs, 1, &last, false);
    const int logs = NODE(a, "Log", NODE(a, "Abs", diagonal));
    lwi_aten_return(a, &out[0], NODE(a, "Mul", q, sign));
    lwi_aten_return(a, &out[1], lwi_aten_reduced(a, "ReduceSum", logs, 1, &last, false));
}

/* NaN where the determinant is negative. */
void lwi_aten_logdet(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_value parts[LWI_ATEN_RESULTS];
    lwi_aten_slogdet(a, in, parts);
    if (a->b.status != LW_OK) return;
    const int sign = lwi_aten_id(a, &parts[0]), size = lwi_aten_id(a, &parts[1]);
    const int negative = NODE(a, "Less", sign, lwi_aten_like(a, sign, 0));
    lwi_aten_return(a, out, NODE(a, "Where", negative, lwi_aten_like(a, size, NAN), size));
}

/* ----------------------------------------------------------------- eigenvalues */

static void eigh(lwi_aten *a, const lwi_aten_value *in, int parts[2]) {
    int rank = 0, x = matrices(a, &in[0], &rank);
    if (!lwi_aten_is(&in[1], "L") && !lwi_aten_is(&in[1], "U"))
        lwi_aten_fail(a, LW_INVALID, "UPLO must be \"L\" or \"U\"");
    if (a->b.status != LW_OK) return;
    if (lwi_aten_is(&in[1], "U")) x = turned(a, x);
    decompose(a, "Eigh", NULL, false, x, 2, parts);
}

/* self, UPLO, ...: values, vectors; so does "_linalg_eigh" */
void lwi_aten_eigh(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int parts[2] = {-1, -1};
    eigh(a, in, parts);
    for (int i = 0; i < 2; i++)
        lwi_aten_return(a, &out[i], parts[i]);
}

void lwi_aten_eigvalsh(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int parts[2] = {-1, -1};
    eigh(a, in, parts);
    lwi_aten_return(a, out, parts[0]);
}
