/* SPDX-License-Identifier: MIT
 * MatMul and Gemm of float32 become lampwick.MatMul, and constants that what follows a product or
 * convolution adds or multiplies by, one for each column or channel, become its bias and factor. */
#include "ops/op.h"
#include "opt/column_affine.h"
#include "opt/passes.h"
#include "opt/permute.h"

enum { BIAS = 2 }; /* the input of lampwick.MatMul, Conv and ConvTranspose */

static bool is_matrix(const lwi_shape *s) { return s->dtype == LW_FLOAT32 && s->rank >= 2; }

/* ------------------------------------------------------------------ constants */

/* What a bias (-1: 0) becomes. */
static lw_status make_bias(lwi_rewrite *r, int bias, const lwi_affine *a, int64_t columns,
                           int *made) {
    const lw_value *old = bias < 0 ? NULL : lwi_constant(r, bias);
    float *numbers = NULL;
    LW_TRY(lwi_arena_alloc(&r->scratch, (size_t)columns, sizeof *numbers, &numbers));
    for (size_t i = 0; i < (size_t)columns; i++) {
        const double b = old ? lwi_column_at(old, i) : 0;
        numbers[i] = (float)(lwi_affine_factor(a, i) * b + lwi_affine_term(a, i));
    }
    return lwi_rewrite_constant(r, "bias", LW_FLOAT32, 1, &columns, numbers, made);
}

/* Weights are scaled when they are packed, so that a model's loading does not touch them. */
static lw_status make_scale(lwi_rewrite *r, lwi_node *node, const lwi_affine *a, int64_t columns) {
    size_t n = 0;
    const float *old = lwi_attr_floats(node, "scale", &n);
    float *numbers = NULL;
    LW_TRY(lwi_arena_alloc(&r->scratch, (size_t)columns, sizeof *numbers, &numbers));
    for (size_t i = 0; i < (size_t)columns; i++)
        numbers[i] = (float)(lwi_affine_factor(a, i) * (old ? (double)old[i] : 1));
    return lwi_rewrite_set_floats(r, node, "scale", numbers, (size_t)columns);
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
static lw_status take_bias(lwi_rewrite *r, size_t index, bool *fits) {
    lwi_node *node = lwi_rewrite_node(r, index);
    const int c = lwi_input(r, node, 2);
    const int64_t columns = matmul_columns(r, node);
    const lwi_shape *shape = lwi_shape_of(r->shapes, c);
    const float beta = lwi_attr_float(node, "beta", 1);
    int bias = -1;
    *fits = true;
    if (c >= 0) {
        const bool is_row = shape->rank == 1 && columns > 0 && shape->dims[0] == columns;
        const lw_value *constant = columns > 0 ? lwi_column_constant(r, c, 2, columns) : NULL;
        if (is_row && beta == 1) bias = c;
        else if (constant)
            LW_TRY(make_bias(r, -1, &(lwi_affine){.term = constant, .sign = (double)beta}, columns,
                             &bias));
        else *fits = false;
    }
    if (!*fits) return LW_OK;
    node = lwi_rewrite_node(r, index);
    if (c >= 0) LW_TRY(lwi_rewrite_set_input(r, node, BIAS, bias));
    lwi_node_remove_attr(node, "beta");
    return LW_OK;
}

/* Only the two last dimensions change places. */
static bool turns_matrices(const lwi_perm *p) {
    for (int d = 0; d < p->rank - 2; d++)
        if (p->at[d] != d) return false;
    return p->rank >= 2 && p->at[p->rank - 1] == p->rank - 2;
}

/* A constant is read as it stands, instead of being transposed first. */
static lw_status untranspose(lwi_rewrite *r, lwi_node *node) {
    lwi_perm perm;
    const lwi_node *maker = lwi_producer(r, lwi_input(r, node, 1));
    if (!lwi_perm_of(r, maker, &perm) || !turns_matrices(&perm)) return LW_OK;
    const int source = lwi_input(r, maker, 0);
    if (!lwi_constant(r, lwi_weight_of(r, source))) return LW_OK;
    LW_TRY(lwi_rewrite_set_input(r, node, 1, source));
    const int64_t turned = lwi_attr_int(node, "transB", 0) == 0;
    return lwi_node_set_int(r->graph->arena, node, "transB", turned);
}

static lw_status convert(lwi_rewrite *r, size_t index) {
    lwi_node *node = lwi_rewrite_node(r, index);
    const bool gemm = lwi_node_is(node, "", "Gemm");
    if (!gemm && !lwi_node_is(node, "", "MatMul")) return LW_OK;
    if (!is_matrix(lwi_shape_of(r->shapes, lwi_input(r, node, 0))) ||
        !is_matrix(lwi_shape_of(r->shapes, lwi_input(r, node, 1))))
        return LW_OK;
    LW_TRY(untranspose(r, node));
    bool fits = true;
    if (gemm) LW_TRY(take_bias(r, index, &fits));
    if (!fits) return LW_OK;
    node = lwi_rewrite_node(r, index);
    LW_TRY(lwi_rewrite_set_input(r, node, 1, lwi_weight_of(r, lwi_input(r, node, 1))));
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

/* A product takes one number as its factor; a convolution one for each channel. */
static bool can_scale(const lwi_rewrite *r, const lwi_node *node, const lwi_affine *a) {
    if (!a->factor) return true;
    if (lwi_node_is(node, "lampwick", "MatMul")) return a->factor->count == 1;
    return lwi_node_is(node, "lampwick", "Conv") && lwi_constant(r, lwi_input(r, node, 1));
}

static lw_status scale(lwi_rewrite *r, lwi_node *node, const lwi_affine *a, int64_t columns) {
    if (!a->factor) return LW_OK;
    if (!lwi_node_is(node, "lampwick", "MatMul")) return make_scale(r, node, a, columns);
    const double alpha = (double)lwi_attr_float(node, "alpha", 1);
    return set_float(r, node, "alpha", (float)(alpha * lwi_affine_factor(a, 0)));
}

/* The node that follows goes if its work can be done by the product. */
static lw_status absorb(lwi_rewrite *r, size_t index, bool *absorbed) {
    lwi_node *node = lwi_rewrite_node(r, index);
    const int x = node->outputs[0], bias = lwi_input(r, node, BIAS);
    const int64_t columns = product_columns(r, node);
    lwi_node *next = lwi_only_reader(r, x);
    const lwi_shape *shape = lwi_shape_of(r->shapes, x);
    lwi_affine a;
    *absorbed = false;
    if (columns <= 0 || !next || shape->dtype != LW_FLOAT32) return LW_OK;
    if (lwi_node_attr(node, "program") || lwi_node_attr(node, "low")) return LW_OK;
    if (bias >= 0 && !lwi_column_constant(r, bias, 1, columns)) return LW_OK;
    if (!lwi_read_affine(r, next, x, shape->rank, columns, &a) || !can_scale(r, node, &a))
        return LW_OK;
    const int y = next->outputs[0];
    LW_TRY(scale(r, node, &a, columns));
    if (a.term || bias >= 0) {
        int made = -1;
        LW_TRY(make_bias(r, bias, &a, columns, &made));
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
