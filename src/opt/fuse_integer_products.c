/* SPDX-License-Identifier: MIT
 * Mul(Cast(product), a_scale * b_scale), and an Add of constants, as dynamic quantisation makes
 * them of a MatMulInteger or a ConvInteger, become one MatMulIntegerToFloat or ConvIntegerToFloat.
 * Between ConvInteger and Cast there may be an Add of int32 biases, put in shape by a Reshape. */
#include "opt/passes.h"
#include "opt/quantized.h"

#include "ops/op.h"

typedef struct chain {
    bool is_conv;
    const lwi_attr *attrs; /* of the product */
    size_t n_attrs;
    int product[4];       /* its inputs */
    int sum_bias;         /* added to its result */
    int a_scale, b_scale; /* the factors of that */
    int bias, out;
} chain;

static bool is_float(const lwi_rewrite *r, int value) {
    const lw_value *v = lwi_constant(r, value);
    return (v ? v->dtype : lwi_shape_of(r->shapes, value)->dtype) == LW_FLOAT32;
}

/* The number of columns of b, or of filters; -1: not known. */
static int64_t columns_of(const lwi_rewrite *r, const chain *c) {
    const lw_value *w = lwi_constant(r, c->product[1]);
    if (!w || (c->is_conv ? w->rank < 3 : w->rank != 2)) return -1;
    return w->dims[c->is_conv ? 0 : 1];
}

static bool is_scalar(const lwi_rewrite *r, int value) {
    const lwi_shape *s = lwi_shape_of(r->shapes, value);
    const lw_value *v = lwi_constant(r, value);
    if (v) return v->count == 1 && v->rank <= 1;
    return s->rank == 0 || (s->rank == 1 && s->dims[0] == 1);
}

/* One element, or a row with one for each column. */
static bool is_row(const lwi_rewrite *r, int value, int64_t columns, bool one_will_do) {
    const lw_value *v = lwi_constant(r, value);
    if (!v || v->dtype != LW_FLOAT32) return false;
    return (one_will_do && v->count == 1 && v->rank <= 1) ||
           (v->rank == 1 && v->dims[0] == columns);
}

/* The factor is a_scale * b_scale, of which the first is one number and the second constant. */
static bool split_factor(const lwi_rewrite *r, int factor, chain *c) {
    const lwi_node *mul = lwi_producer(r, factor);
    const int64_t columns = columns_of(r, c);
    if (!lwi_node_is(mul, "", "Mul")) return false;
    for (size_t i = 0; i < 2; i++) {
        c->a_scale = lwi_input(r, mul, i);
        c->b_scale = lwi_input(r, mul, 1 - i);
        if (is_row(r, c->b_scale, c->is_conv ? 1 : columns, true) && is_float(r, c->a_scale) &&
            is_scalar(r, c->a_scale))
            return true;
    }
    return false;
}

/* Dimensions such that channels of what has `rank` of them are added to. */
static bool is_for_channels(const int64_t *dims, int rank, int whole_rank, int64_t channels) {
    const int channel = rank - whole_rank + 1; /* the second one of the whole */
    for (int d = 0; d < rank; d++)
        if (dims[d] != (d == channel ? channels : 1)) return false;
    return channel >= 0;
}

/* The int32 biases, [channels], that a Reshape makes `value` of. */
static bool find_sum_bias(const lwi_rewrite *r, int value, const lw_value *w, int *bias) {
    const lwi_node *reshape = lwi_producer(r, value);
    if (!w || !lwi_node_is(reshape, "", "Reshape")) return false;
    *bias = lwi_input(r, reshape, 0);
    const lwi_shape *from = lwi_shape_of(r->shapes, *bias), *to = lwi_shape_of(r->shapes, value);
    return from->rank == 1 && from->dims[0] == w->dims[0] && from->dtype == LW_INT32 &&
           to->rank > 0 && is_for_channels(to->dims, to->rank, w->rank, w->dims[0]);
}

/* The product behind sums, to which biases may have been added. */
static const lwi_node *step_over_bias(const lwi_rewrite *r, int sums, chain *c) {
    const lwi_node *node = lwi_producer(r, sums);
    c->sum_bias = -1;
    if (!lwi_node_is(node, "", "Add")) return node;
    for (size_t i = 0; i < 2; i++) {
        const int value = lwi_input(r, node, i);
        const lwi_node *conv = lwi_producer(r, value);
        if (lwi_node_is(conv, "", "ConvInteger") && lwi_only_reader(r, value) &&
            find_sum_bias(r, lwi_input(r, node, 1 - i), lwi_constant(r, lwi_input(r, conv, 1)),
                          &c->sum_bias))
            return conv;
    }
    return NULL;
}

static bool find_product(const lwi_rewrite *r, int value, chain *c) {
    const lwi_node *cast = lwi_producer(r, value);
    if (!lwi_node_is(cast, "", "Cast") || lwi_attr_int(cast, "to", 0) != LW_FLOAT32 ||
        !lwi_only_reader(r, value))
        return false;
    const int sums = lwi_input(r, cast, 0);
    const lwi_node *product = step_over_bias(r, sums, c);
    c->is_conv = lwi_node_is(product, "", "ConvInteger");
    if ((!c->is_conv && !lwi_node_is(product, "", "MatMulInteger")) || !lwi_only_reader(r, sums))
        return false;
    for (size_t i = 0; i < 4; i++)
        c->product[i] = lwi_input(r, product, i);
    c->attrs = product->attrs;
    c->n_attrs = product->n_attrs;
    return columns_of(r, c) > 0 && (c->product[2] < 0 || is_scalar(r, c->product[2]));
}

static bool match(const lwi_rewrite *r, const lwi_node *mul, chain *c) {
    if (!lwi_node_is(mul, "", "Mul")) return false;
    for (size_t i = 0; i < 2; i++)
        if (find_product(r, lwi_input(r, mul, i), c) &&
            split_factor(r, lwi_input(r, mul, 1 - i), c)) {
            c->bias = -1;
            c->out = mul->outputs[0];
            return true;
        }
    return false;
}

/* A constant with a number for each column, or for each filter. */
static bool is_bias(const lwi_rewrite *r, int value, const chain *c) {
    const lw_value *v = lwi_constant(r, value), *w = lwi_constant(r, c->product[1]);
    if (!c->is_conv) return is_row(r, value, columns_of(r, c), false);
    return v && v->dtype == LW_FLOAT32 && is_for_channels(v->dims, v->rank, w->rank, w->dims[0]);
}

/* An Add of constants after it. */
static lwi_node *match_bias(const lwi_rewrite *r, chain *c) {
    lwi_node *add = lwi_only_reader(r, c->out);
    if (!lwi_node_is(add, "", "Add")) return NULL;
    for (size_t i = 0; i < 2; i++) {
        const int other = lwi_input(r, add, 1 - i);
        if (lwi_input(r, add, i) != c->out || !is_bias(r, other, c)) continue;
        c->bias = other;
        c->out = add->outputs[0];
        return add;
    }
    return NULL;
}

/* What only the removed nodes needed goes when the pass is over. */
static lw_status fuse(lwi_rewrite *r, size_t i, const chain *c, lwi_node *mul, lwi_node *add) {
    const int matmul[] = {c->product[0], c->product[1], c->a_scale, c->b_scale,
                          c->product[2], c->product[3], c->bias};
    const int conv[] = {c->product[0], c->product[1], c->a_scale,  c->b_scale,
                        c->product[2], c->product[3], c->sum_bias, c->bias};
    const size_t place = add ? (size_t)(add - r->graph->nodes) : i;
    lwi_node *made = NULL;
    if (add) lwi_rewrite_remove(r, add);
    lwi_rewrite_remove(r, mul);
    r->count++;
    if (!c->is_conv)
        return lwi_rewrite_insert(r, place, "com.microsoft", "MatMulIntegerToFloat", matmul, 7,
                                  &c->out, 1, &made);
    LW_TRY(
        lwi_rewrite_insert(r, place, "lampwick", "ConvIntegerToFloat", conv, 8, &c->out, 1, &made));
    for (size_t a = 0; a < c->n_attrs; a++)
        LW_TRY(lwi_node_set_attr(r->graph->arena, made, &c->attrs[a]));
    return LW_OK;
}

lw_status lwi_pass_fuse_integer_products(lwi_rewrite *r) {
    const size_t n = r->graph->n_nodes;
    for (size_t i = 0; i < n; i++) {
        lwi_node *node = lwi_rewrite_node(r, i);
        chain c;
        if (!node || !match(r, node, &c)) continue;
        LW_TRY(fuse(r, i, &c, node, match_bias(r, &c)));
    }
    return LW_OK;
}
