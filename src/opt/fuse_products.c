/* SPDX-License-Identifier: MIT
 * MatMul and Gemm of float32 become lampwick.MatMul, and what follows a product or convolution and
 * only adds constants or multiplies by a number becomes its bias and its factor. */
#include "opt/passes.h"

#include "ops/op.h"

#include <string.h>

enum { BIAS = 2 }; /* the input of lampwick.MatMul, Conv and ConvTranspose */

static bool is_matrix(const lwi_shape *s) { return s->dtype == LW_FLOAT32 && s->rank >= 2; }

/* ------------------------------------------------------------------ constants */

/* Constants may lie anywhere in a file. */
static float number(const lw_value *v, size_t i) {
    float f;
    memcpy(&f, (const char *)v->data + i * sizeof f, sizeof f);
    return f;
}

/* A float32 constant with one element, or one for each column. */
static const lw_value *column_constant(const lwi_rewrite *r, int value, int rank, int64_t columns) {
    const lw_value *v = lwi_constant(r, value);
    if (!v || v->dtype != LW_FLOAT32 || !v->data || v->rank > rank) return NULL;
    if (v->count == 1) return v;
    const bool last = v->rank > 0 && v->dims[v->rank - 1] == columns;
    return last && v->count == (size_t)columns ? v : NULL;
}

/* bias = factor * bias + more * sum; bias -1: 0, sum NULL: 0. */
static lw_status make_bias(lwi_rewrite *r, int bias, double factor, const lw_value *sum,
                           double more, int64_t columns, int *made) {
    const lw_value *old = bias < 0 ? NULL : lwi_constant(r, bias);
    float *numbers = NULL;
    LW_TRY(lwi_arena_alloc(&r->scratch, (size_t)columns, sizeof *numbers, &numbers));
    for (size_t i = 0; i < (size_t)columns; i++) {
        const double b = old ? (double)number(old, old->count == 1 ? 0 : i) : 0;
        const double s = sum ? (double)number(sum, sum->count == 1 ? 0 : i) : 0;
        numbers[i] = (float)(factor * b + more * s);
    }
    return lwi_rewrite_constant(r, "bias", LW_FLOAT32, 1, &columns, numbers, made);
}

static lw_status set_float(lwi_rewrite *r, lwi_node *node, const char *name, float f) {
    const lwi_attr attr = {.name = name, .kind = LWI_ATTR_FLOAT, .f = f};
    return lwi_node_set_attr(r->graph->arena, node, &attr);
}

/* ------------------------------------------------------------ MatMul and Gemm */

/* Columns of the product; -1: not known. */
static int64_t matmul_columns(const lwi_rewrite *r, const lwi_node *node) {
    const lwi_shape *b = lwi_shape_of(r->shapes, lwi_input(r, node, 1));
    if (b->rank < 2) return -1;
    return b->dims[lwi_attr_int(node, "transB", 0) ? b->rank - 2 : b->rank - 1];
}

/* C is left out, or can be the bias as it is, or after scaling. */
static lw_status convert_gemm(lwi_rewrite *r, size_t index) {
    lwi_node *node = lwi_rewrite_node(r, index);
    const int c = lwi_input(r, node, 2);
    const int64_t columns = matmul_columns(r, node);
    const lwi_shape *shape = lwi_shape_of(r->shapes, c);
    const float beta = lwi_attr_float(node, "beta", 1);
    int bias = -1;
    if (c >= 0) {
        const bool fits = shape->rank == 1 && columns > 0 && shape->dims[0] == columns;
        const lw_value *constant = columns > 0 ? column_constant(r, c, 2, columns) : NULL;
        if (fits && beta == 1) bias = c;
        else if (constant) LW_TRY(make_bias(r, -1, 0, constant, (double)beta, columns, &bias));
        else return LW_OK;
    }
    node = lwi_rewrite_node(r, index);
    if (c >= 0) LW_TRY(lwi_rewrite_set_input(r, node, BIAS, bias));
    lwi_node_remove_attr(node, "beta");
    lwi_rewrite_become(r, node, "lampwick", "MatMul");
    r->count++;
    return LW_OK;
}

static lw_status convert(lwi_rewrite *r, size_t index) {
    lwi_node *node = lwi_rewrite_node(r, index);
    const bool gemm = lwi_node_is(node, "", "Gemm");
    if (!gemm && !lwi_node_is(node, "", "MatMul")) return LW_OK;
    if (!is_matrix(lwi_shape_of(r->shapes, lwi_input(r, node, 0))) ||
        !is_matrix(lwi_shape_of(r->shapes, lwi_input(r, node, 1))))
        return LW_OK;
    LW_TRY(lwi_rewrite_set_input(r, node, 1, lwi_weight_of(r, lwi_input(r, node, 1))));
    if (gemm) return convert_gemm(r, index);
    lwi_rewrite_become(r, node, "lampwick", "MatMul");
    r->count++;
    return LW_OK;
}

/* ------------------------------------------------------- what follows a product */

static int64_t product_columns(const lwi_rewrite *r, const lwi_node *node) {
    if (lwi_node_is(node, "lampwick", "MatMul")) return matmul_columns(r, node);
    if (!lwi_node_is(node, "lampwick", "Conv") && !lwi_node_is(node, "lampwick", "ConvTranspose"))
        return -1;
    const lwi_shape *y = lwi_shape_of(r->shapes, node->outputs[0]);
    return y->rank > 0 ? y->dims[y->rank - 1] : -1;
}

/* y = factor * x + term * constant */
typedef struct affine {
    double factor, term;
    const lw_value *constant;
} affine;

static bool read_affine(const lwi_rewrite *r, const lwi_node *node, int x, int rank,
                        int64_t columns, affine *a) {
    const bool add = lwi_node_is(node, "", "Add"), sub = lwi_node_is(node, "", "Sub");
    const bool mul = lwi_node_is(node, "", "Mul"), div = lwi_node_is(node, "", "Div");
    if (!add && !sub && !mul && !div) return false;
    const bool first = lwi_input(r, node, 0) == x;
    if (!first && (sub || div)) return false;
    a->constant = column_constant(r, lwi_input(r, node, first ? 1 : 0), rank, columns);
    if (!a->constant) return false;
    a->factor = 1;
    a->term = add ? 1 : -1;
    if (add || sub) return true;
    if (a->constant->count != 1) return false;
    const double c = (double)number(a->constant, 0);
    a->factor = mul ? c : 1 / c;
    a->constant = NULL;
    return c != 0;
}

/* The node that follows goes if its work can be done by the product. */
static lw_status absorb(lwi_rewrite *r, size_t index, bool *absorbed) {
    lwi_node *node = lwi_rewrite_node(r, index);
    const int x = node->outputs[0], bias = lwi_input(r, node, BIAS);
    const int64_t columns = product_columns(r, node);
    lwi_node *next = lwi_only_reader(r, x);
    const lwi_shape *shape = lwi_shape_of(r->shapes, x);
    affine a;
    *absorbed = false;
    if (columns <= 0 || !next || shape->dtype != LW_FLOAT32) return LW_OK;
    if (lwi_node_attr(node, "program") || lwi_node_attr(node, "low")) return LW_OK;
    if (bias >= 0 && !column_constant(r, bias, 1, columns)) return LW_OK;
    if (!read_affine(r, next, x, shape->rank, columns, &a)) return LW_OK;
    if (a.factor != 1 && !lwi_node_is(node, "lampwick", "MatMul")) return LW_OK;
    const int y = next->outputs[0];
    if (a.factor != 1)
        LW_TRY(set_float(r, node, "alpha",
                         (float)((double)lwi_attr_float(node, "alpha", 1) * a.factor)));
    if (a.constant || bias >= 0) {
        int made = -1;
        LW_TRY(make_bias(r, bias, a.factor, a.constant, a.term, columns, &made));
        LW_TRY(lwi_rewrite_set_input(r, node, BIAS, made));
    }
    lwi_rewrite_remove(r, next);
    lwi_rewrite_set_output(r, node, 0, y);
    r->count++;
    *absorbed = true;
    return LW_OK;
}

lw_status lwi_pass_fuse_products(lwi_rewrite *r) {
    const size_t n = r->graph->n_nodes;
    for (size_t i = 0; i < n; i++) {
        bool absorbed = lwi_rewrite_node(r, i) != NULL;
        if (absorbed) LW_TRY(convert(r, i));
        while (absorbed)
            LW_TRY(absorb(r, i, &absorbed));
    }
    return LW_OK;
}
