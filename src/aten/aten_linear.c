/* SPDX-License-Identifier: MIT
 * Products of matrices. */
#include "aten/lower.h"

#include <stdio.h>
#include <string.h>

static bool is_number(const lwi_aten_value *v, double number) {
    return v->id < 0 && ((v->kind == LWI_ATEN_INT && (double)v->i == number) ||
                         (v->kind == LWI_ATEN_FLOAT && v->f == number));
}

static int scaled(lwi_aten *a, int x, const lwi_aten_value *factor) {
    if (is_number(factor, 1)) return x;
    return NODE(a, "Mul", x, lwi_aten_scalar(a, factor, lwi_aten_dtype(a, x)));
}

/* beta self + alpha product; with beta 0, self is not looked at */
static void sum(lwi_aten *a, const lwi_aten_value *self, int product, const lwi_aten_value *beta,
                const lwi_aten_value *alpha, lwi_aten_value *out) {
    product = scaled(a, product, alpha);
    if (!is_number(beta, 0)) {
        const int x = lwi_aten_as(a, self, lwi_aten_dtype(a, product));
        product = NODE(a, "Add", scaled(a, x, beta), product);
    }
    lwi_aten_return(a, out, product);
}

/* beta self + alpha mat1 mat2 */
void lwi_aten_addmm(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[1]), w = lwi_aten_id(a, &in[2]);
    const bool floats = !lwi_aten_is_integral(lwi_aten_dtype(a, x));
    const bool known = in[3].id < 0 && in[4].id < 0;
    if (!floats || !known) {
        sum(a, &in[0], NODE(a, "MatMul", x, w), &in[3], &in[4], out);
        return;
    }
    const bool none = is_number(&in[3], 0);
    const int y = NODE(a, "Gemm", x, w, none ? -1 : lwi_aten_id(a, &in[0]));
    lwi_build_float(&a->b, "beta", lwi_aten_get_float(a, &in[3]));
    lwi_build_float(&a->b, "alpha", lwi_aten_get_float(a, &in[4]));
    lwi_aten_return(a, out, y);
}

/* self, mat1 or batch1, mat2 or vec or batch2, beta, alpha */
void lwi_aten_addmv(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int product = NODE(a, "MatMul", lwi_aten_id(a, &in[1]), lwi_aten_id(a, &in[2]));
    sum(a, &in[0], product, &in[3], &in[4], out);
}

/* The same with the sum of a batch's products. */
void lwi_aten_addbmm(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int64_t batch = 0;
    const int product = NODE(a, "MatMul", lwi_aten_id(a, &in[1]), lwi_aten_id(a, &in[2]));
    sum(a, &in[0], lwi_aten_reduced(a, "ReduceSum", product, 1, &batch, false), &in[3], &in[4],
        out);
}

static int outer(lwi_aten *a, int x, int y) {
    return NODE(a, "Mul", lwi_aten_unsqueeze(a, x, 1), y);
}

/* self, vec1, vec2, beta, alpha */
void lwi_aten_addr(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int product = outer(a, lwi_aten_id(a, &in[1]), lwi_aten_id(a, &in[2]));
    sum(a, &in[0], product, &in[3], &in[4], out);
}

/* input weight^T + bias */
void lwi_aten_linear(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), w = lwi_aten_id(a, &in[1]), b = lwi_aten_id(a, &in[2]);
    if (lwi_aten_rank(a, x) == 2 && lwi_aten_rank(a, w) == 2) {
        const int y = NODE(a, "Gemm", x, w, b);
        lwi_build_int(&a->b, "transB", 1);
        lwi_aten_return(a, out, y);
        return;
    }
    const bool matrix = lwi_aten_rank(a, w) == 2;
    const int wt = matrix ? lwi_aten_transpose(a, w, 2, (int64_t[]){1, 0}) : w;
    const int y = NODE(a, "MatMul", x, wt);
    lwi_aten_return(a, out, b < 0 ? y : NODE(a, "Add", y, b));
}

/* x1 W x2 for each matrix of the weight; input1, input2, weight, bias */
void lwi_aten_bilinear(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int y =
        NODE(a, "Einsum", lwi_aten_id(a, &in[0]), lwi_aten_id(a, &in[2]), lwi_aten_id(a, &in[1]));
    lwi_build_text(&a->b, "equation", "...i,oij,...j->...o");
    const int b = lwi_aten_id(a, &in[3]);
    lwi_aten_return(a, out, b < 0 ? y : NODE(a, "Add", y, b));
}

/* i1, i2, i3, where each gets an axis of 1, and what axes their product is summed over */
void lwi_aten_trilinear(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int64_t axes[LW_MAX_RANK];
    int x[3];
    for (int i = 0; i < 3; i++) {
        const size_t n = lwi_aten_get_ints(a, &in[3 + i], LW_MAX_RANK, axes);
        x[i] = lwi_aten_id(a, &in[i]);
        for (size_t k = 0; k < n; k++)
            x[i] = lwi_aten_unsqueeze(a, x[i], axes[k]);
    }
    const int y = NODE(a, "Mul", NODE(a, "Mul", x[0], x[1]), x[2]);
    const size_t n = lwi_aten_get_ints(a, &in[6], LW_MAX_RANK, axes);
    lwi_aten_return(a, out, lwi_aten_reduced(a, "ReduceSum", y, n, axes, false));
}

/* matmul, mm, bmm, mv, dot */
void lwi_aten_matmul(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_return(a, out, NODE(a, "MatMul", lwi_aten_id(a, &in[0]), lwi_aten_id(a, &in[1])));
}

/* Sums over the last dimension of both. */
void lwi_aten_inner(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    int y = lwi_aten_id(a, &in[1]);
    const int rank = lwi_aten_rank(a, y);
    if (rank == 2) y = lwi_aten_transpose(a, y, 2, (int64_t[]){1, 0});
    if (rank > 2) lwi_aten_fail(a, LW_UNSUPPORTED, "%d dimensions", rank);
    lwi_aten_return(a, out, NODE(a, "MatMul", x, y));
}

void lwi_aten_outer(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int x = -1, y = -1;
    lwi_aten_pair(a, in, &x, &y);
    lwi_aten_return(a, out, outer(a, x, y));
}

/* A list of matrices, from left to right. */
void lwi_aten_chain_matmul(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int ids[64];
    const size_t n = lwi_aten_tensors(a, &in[0], 64, ids);
    for (size_t i = 1; i < n; i++)
        ids[0] = NODE(a, "MatMul", ids[0], ids[i]);
    if (n) lwi_aten_return(a, out, ids[0]);
}

/* equation, tensors */
void lwi_aten_einsum(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int ids[32];
    const char *equation = NULL;
    const size_t n = lwi_aten_tensors(a, &in[1], 32, ids);
    if (a->b.status == LW_OK)
        a->b.status = lwi_arena_string(&a->b.network->arena, in[0].s.data, in[0].s.size, &equation);
    if (a->b.status != LW_OK) return;
    const int y = lwi_build(&a->b, "Einsum", n, ids);
    lwi_build_text(&a->b, "equation", equation);
    lwi_aten_return(a, out, y);
}

/* self, other, dims_self, dims_other: as an equation with a letter for each dimension */
void lwi_aten_tensordot(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), y = lwi_aten_id(a, &in[1]);
    const int rank = lwi_aten_rank(a, x), other = lwi_aten_rank(a, y);
    int64_t p[LW_MAX_RANK], q[LW_MAX_RANK];
    const size_t n = in[2].list.n ? lwi_aten_axes(a, &in[2], rank, p) : 0;
    const size_t m = in[3].list.n ? lwi_aten_axes(a, &in[3], other, q) : 0;
    if (n != m) lwi_aten_fail(a, LW_INVALID, "both dimension lists should have same length");
    if (a->b.status != LW_OK) return;
    char left[LW_MAX_RANK + 1] = "", right[LW_MAX_RANK + 1] = "", result[2 * LW_MAX_RANK + 1] = "";
    char equation[4 * LW_MAX_RANK + 8];
    size_t free_dims = 0;
    const char *text = NULL;
    for (int d = 0; d < rank; d++)
        left[d] = (char)('a' + d);
    for (int d = 0; d < other; d++)
        right[d] = (char)('A' + d);
    for (size_t i = 0; i < n; i++)
        right[q[i]] = left[p[i]];
    for (int d = 0; d < rank; d++)
        if (!strchr(right, left[d])) result[free_dims++] = left[d];
    for (int d = 0; d < other; d++)
        if (!strchr(left, right[d])) result[free_dims++] = right[d];
    snprintf(equation, sizeof equation, "%s,%s->%s", left, right, result);
    a->b.status = lwi_arena_string(&a->b.network->arena, equation, strlen(equation), &text);
    const int z = NODE(a, "Einsum", x, y);
    lwi_build_text(&a->b, "equation", text);
    lwi_aten_return(a, out, z);
}
