/* SPDX-License-Identifier: MIT
 * Mul(Cast(MatMulInteger(a, b)), a_scale * b_scale), and an Add of a constant row, as dynamic
 * quantisation makes them, become one MatMulIntegerToFloat. */
#include "opt/passes.h"
#include "opt/quantized.h"

#include "ops/op.h"

typedef struct chain {
    int product[4];       /* inputs of the MatMulInteger */
    int a_scale, b_scale; /* the factors of its result */
    int bias, out;
} chain;

static bool is_float(const lwi_rewrite *r, int value) {
    const lw_value *v = lwi_constant(r, value);
    return (v ? v->dtype : lwi_shape_of(r->shapes, value)->dtype) == LW_FLOAT32;
}

/* The number of columns of b; -1: not known. */
static int64_t columns_of(const lwi_rewrite *r, int b) {
    const lw_value *w = lwi_constant(r, b);
    return w && w->rank == 2 ? w->dims[1] : -1;
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
    const int64_t columns = columns_of(r, c->product[1]);
    if (!lwi_node_is(mul, "", "Mul")) return false;
    for (size_t i = 0; i < 2; i++) {
        c->a_scale = lwi_input(r, mul, i);
        c->b_scale = lwi_input(r, mul, 1 - i);
        if (is_row(r, c->b_scale, columns, true) && is_float(r, c->a_scale) &&
            is_scalar(r, c->a_scale))
            return true;
    }
    return false;
}

static bool find_product(const lwi_rewrite *r, int value, chain *c) {
    const lwi_node *cast = lwi_producer(r, value);
    if (!lwi_node_is(cast, "", "Cast") || lwi_attr_int(cast, "to", 0) != LW_FLOAT32 ||
        !lwi_only_reader(r, value))
        return false;
    const int sums = lwi_input(r, cast, 0);
    const lwi_node *product = lwi_producer(r, sums);
    if (!lwi_node_is(product, "", "MatMulInteger") || !lwi_only_reader(r, sums)) return false;
    for (size_t i = 0; i < 4; i++)
        c->product[i] = lwi_input(r, product, i);
    return columns_of(r, c->product[1]) > 0 && (c->product[2] < 0 || is_scalar(r, c->product[2]));
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

/* An Add of a constant row after it. */
static lwi_node *match_bias(const lwi_rewrite *r, chain *c) {
    lwi_node *add = lwi_only_reader(r, c->out);
    if (!lwi_node_is(add, "", "Add")) return NULL;
    for (size_t i = 0; i < 2; i++) {
        const int other = lwi_input(r, add, 1 - i);
        if (lwi_input(r, add, i) != c->out ||
            !is_row(r, other, columns_of(r, c->product[1]), false))
            continue;
        c->bias = other;
        c->out = add->outputs[0];
        return add;
    }
    return NULL;
}

/* The node, and those that only it needed, up to some distance. */
static void remove_unread(lwi_rewrite *r, lwi_node *node, int depth) {
    const size_t n = node->n_inputs;
    const int *inputs = node->inputs;
    lwi_rewrite_remove(r, node);
    for (size_t i = 0; i < n && depth > 1; i++) {
        lwi_node *maker = inputs[i] < 0 ? NULL : lwi_producer(r, inputs[i]);
        if (maker && maker->n_outputs == 1 && !lwi_is_read(r, maker->outputs[0]))
            remove_unread(r, maker, depth - 1);
    }
}

static lw_status fuse(lwi_rewrite *r, size_t i, const chain *c, lwi_node *mul, lwi_node *add) {
    const int inputs[7] = {c->product[0], c->product[1], c->a_scale, c->b_scale,
                           c->product[2], c->product[3], c->bias};
    const size_t place = add ? (size_t)(add - r->graph->nodes) : i;
    lwi_node *made = NULL;
    if (add) lwi_rewrite_remove(r, add);
    remove_unread(r, mul, 3);
    r->count++;
    return lwi_rewrite_insert(r, place, "com.microsoft", "MatMulIntegerToFloat", inputs, 7, &c->out,
                              1, &made);
}

lw_status lwi_pass_fuse_integer_matmul(lwi_rewrite *r) {
    const size_t n = r->graph->n_nodes;
    for (size_t i = 0; i < n; i++) {
        lwi_node *node = lwi_rewrite_node(r, i);
        chain c;
        if (!node || !match(r, node, &c)) continue;
        LW_TRY(fuse(r, i, &c, node, match_bias(r, &c)));
    }
    return LW_OK;
}
