/* SPDX-License-Identifier: MIT */
#include "opt/attention_operand.h"

#include "opt/match.h"
#include "ops/op.h"

#include <string.h>

lwi_operand lwi_operand_of(int value, int rank) {
    lwi_operand o = {.value = value, .rank = rank, .repeat = 1};
    for (int i = 0; i < rank; i++)
        o.perm[i] = i;
    return o;
}

bool lwi_is_factor(const lwi_rewrite *r, const lwi_node *node, int *x, double *factor) {
    const bool div = lwi_node_is(node, "", "Div");
    if (!div && !lwi_node_is(node, "", "Mul")) return false;
    const int a = lwi_input(r, node, 0), b = lwi_input(r, node, 1);
    double number = 0;
    const int rank = lwi_shape_of(r->shapes, node->outputs[0])->rank;
    if (lwi_constant_number(r, b, &number)) *x = a;
    else if (!div && lwi_constant_number(r, a, &number)) *x = b;
    else return false;
    *factor = div ? 1 / number : number;
    return number != 0 && lwi_shape_of(r->shapes, *x)->rank == rank;
}

static void skip_factor(const lwi_rewrite *r, lwi_operand *o, double *scale) {
    const lwi_node *node = lwi_producer(r, o->value);
    double factor = 1;
    int x = -1;
    if (!node || !lwi_is_factor(r, node, &x, &factor)) return;
    *scale *= factor;
    o->value = x;
}

/* -------------------------------------------------------------- transposes */

const int64_t *lwi_order_of(const lwi_node *node, int rank) {
    size_t n = 0;
    unsigned seen = 0;
    if (!node || !lwi_node_is(node, "", "Transpose")) return NULL;
    const int64_t *perm = lwi_attr_ints(node, "perm", &n);
    for (size_t i = 0; perm && i < n && i < 4; i++)
        if (perm[i] >= 0 && perm[i] < rank) seen |= 1u << perm[i];
    return n == (size_t)rank && seen == (1u << rank) - 1 ? perm : NULL;
}

/* The operand's value is `from` in that order. */
static bool apply_order(lwi_operand *o, const int64_t *order, int from) {
    int64_t both[4] = {0};
    for (int i = 0; i < o->rank; i++)
        both[i] = order[o->perm[i]];
    if (!o->moves_last && both[o->rank - 1] != o->rank - 1) return false;
    memcpy(o->perm, both, sizeof both);
    o->value = from;
    return true;
}

static void skip_transpose(const lwi_rewrite *r, lwi_operand *o) {
    const lwi_node *node = lwi_producer(r, o->value);
    const int64_t *given = lwi_order_of(node, o->rank);
    if (given) apply_order(o, given, lwi_input(r, node, 0));
}

/* The last two axes exchanged as a batch of matrices, with a Reshape before and after. */
static void skip_matrices(const lwi_rewrite *r, lwi_operand *o) {
    static const int64_t turned[4] = {0, 1, 3, 2};
    const int inner = lwi_match_unary(r, o->value, "Reshape");
    const lwi_node *transpose = lwi_producer(r, inner);
    const int64_t *given = lwi_order_of(transpose, 3);
    if (o->rank != 4 || !given || given[0] != 0 || given[1] != 2) return;
    const int matrices = lwi_input(r, transpose, 0);
    const int from = lwi_match_unary(r, matrices, "Reshape");
    const lwi_shape *x = lwi_shape_of(r->shapes, from), *m = lwi_shape_of(r->shapes, matrices);
    const lwi_shape *y = lwi_shape_of(r->shapes, o->value);
    if (x->rank != 4 || m->rank != 3 || m->dims[1] != x->dims[2] || m->dims[2] != x->dims[3])
        return;
    for (int i = 0; i < 4; i++)
        if (y->dims[i] != x->dims[turned[i]]) return;
    apply_order(o, turned, from);
}

/* Unsqueeze of axis 0 after a Transpose becomes a Transpose after Unsqueeze. */
static lw_status swap_unsqueeze(lwi_rewrite *r, size_t before, lwi_operand *o) {
    const lwi_node *node = lwi_producer(r, o->value);
    double axis = 1;
    if (o->rank != 4 || !node || !lwi_node_is(node, "", "Unsqueeze")) return LW_OK;
    const int axes = lwi_input(r, node, 1), inner = lwi_input(r, node, 0);
    const lwi_node *transpose = lwi_producer(r, inner);
    const int64_t *given = lwi_order_of(transpose, 3);
    if (!given || !lwi_constant_number(r, axes, &axis) || axis != 0) return LW_OK;
    const lwi_shape *s = lwi_shape_of(r->shapes, lwi_input(r, transpose, 0));
    int64_t moved[4] = {0}, dims[4] = {1};
    if (s->rank != 3) return LW_OK;
    for (int i = 0; i < 3; i++) {
        moved[i + 1] = given[i] + 1;
        dims[i + 1] = s->dims[i];
    }
    const int inputs[2] = {lwi_input(r, transpose, 0), axes};
    lwi_operand under = *o;
    int made = -1;
    if (!apply_order(&under, moved, -1)) return LW_OK;
    LW_TRY(lwi_rewrite_value(r, "heads", LW_FLOAT32, 4, dims, &made));
    LW_TRY(
        lwi_rewrite_insert(r, before, "", "Unsqueeze", inputs, 2, &made, 1, &(lwi_node *){NULL}));
    under.value = made;
    *o = under;
    return LW_OK;
}

/* ------------------------------------------------------------- repetitions */

/* Heads with a new axis behind theirs, which is expanded and then joined with them. */
static void skip_repeat(const lwi_rewrite *r, lwi_operand *o) {
    if (o->rank != 4 || o->keeps_heads || o->repeat != 1) return;
    const int expanded = lwi_match_unary(r, o->value, "Reshape");
    const int apart = lwi_match_unary(r, expanded, "Expand");
    const int from = lwi_match_unary(r, apart, "Unsqueeze");
    const lwi_shape *x = lwi_shape_of(r->shapes, from), *a = lwi_shape_of(r->shapes, apart);
    const lwi_shape *e = lwi_shape_of(r->shapes, expanded), *y = lwi_shape_of(r->shapes, o->value);
    if (x->rank != 4 || a->rank != 5 || e->rank != 5 || y->rank != 4) return;
    const int64_t heads = o->perm[1], n = e->dims[heads + 1];
    if (a->dims[heads + 1] != 1 || n <= 1 || x->dims[heads] <= 0) return;
    for (int64_t i = 0; i < 4; i++) {
        const int64_t in_five = i + (i > heads);
        if (a->dims[in_five] != x->dims[i] || e->dims[in_five] != x->dims[i] ||
            y->dims[i] != (i == heads ? x->dims[i] * n : x->dims[i]))
            return;
    }
    o->repeat = n;
    o->value = from;
}

lw_status lwi_find_operand(lwi_rewrite *r, size_t before, lwi_operand *o, double *scale) {
    int from = -1;
    while (o->value != from) {
        from = o->value;
        if (scale) skip_factor(r, o, scale);
        skip_transpose(r, o);
        skip_matrices(r, o);
        skip_repeat(r, o);
        LW_TRY(swap_unsqueeze(r, before, o));
    }
    return LW_OK;
}
