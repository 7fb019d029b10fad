/* SPDX-License-Identifier: MIT */
#include "opt/match.h"

#include "ops/op.h"

#include <math.h>

/* ----------------------------------------------------------------- one node */

int lwi_match_unary(const lwi_rewrite *r, int value, const char *op_type) {
    const lwi_node *node = lwi_producer(r, value);
    return lwi_node_is(node, "", op_type) ? lwi_input(r, node, 0) : -1;
}

bool lwi_match_binary(const lwi_rewrite *r, int value, const char *op_type, int *a, int *b) {
    const lwi_node *node = lwi_producer(r, value);
    if (!lwi_node_is(node, "", op_type) || node->n_inputs != 2) return false;
    *a = lwi_input(r, node, 0);
    *b = lwi_input(r, node, 1);
    return *a >= 0 && *b >= 0;
}

bool lwi_match_number(const lwi_rewrite *r, int value, double number) {
    double found = 0;
    return lwi_constant_number(r, value, &found) && fabs(found - number) <= 1e-5 * fabs(number);
}

int lwi_match_with_number(const lwi_rewrite *r, int value, const char *op_type, double number) {
    int a = -1, b = -1;
    if (!lwi_match_binary(r, value, op_type, &a, &b)) return -1;
    if (lwi_match_number(r, b, number)) return a;
    return lwi_match_number(r, a, number) ? b : -1;
}

int lwi_match_square(const lwi_rewrite *r, int value) {
    int a = -1, b = -1;
    if (lwi_match_binary(r, value, "Mul", &a, &b)) return a == b ? a : -1;
    if (lwi_match_binary(r, value, "Pow", &a, &b) && lwi_match_number(r, b, 2)) return a;
    return -1;
}

/* ---------------------------------------------------------------- products */

static bool add_factor(const lwi_rewrite *r, int value, int depth, lwi_factors *f) {
    int a = -1, b = -1;
    double number = 0;
    if (lwi_constant_number(r, value, &number)) {
        f->number *= number;
        return true;
    }
    /* What others read too is a factor by itself. */
    const bool inner = depth == 0 || (depth < LWI_MATCH_FACTORS && lwi_only_reader(r, value));
    if (inner && lwi_match_binary(r, value, "Mul", &a, &b) && a != b)
        return add_factor(r, a, depth + 1, f) && add_factor(r, b, depth + 1, f);
    if (inner && lwi_match_binary(r, value, "Div", &a, &b) && lwi_constant_number(r, b, &number)) {
        f->number /= number;
        return add_factor(r, a, depth + 1, f);
    }
    if (f->n == LWI_MATCH_FACTORS) return false;
    f->values[f->n++] = value;
    return true;
}

bool lwi_match_product(const lwi_rewrite *r, int value, lwi_factors *f) {
    *f = (lwi_factors){.number = 1};
    return add_factor(r, value, 0, f);
}

bool lwi_match_two_factors(const lwi_rewrite *r, int value, double number, int factors[2]) {
    lwi_factors f;
    if (!lwi_match_product(r, value, &f) || f.n != 2) return false;
    factors[0] = f.values[0];
    factors[1] = f.values[1];
    return fabs(f.number - number) <= 1e-5 * fabs(number);
}

/* ------------------------------------------------------------------- means */

/* The axes are the last ones; *axis is how many, negative. */
static bool are_last(const lwi_rewrite *r, int x, int axes, int *axis) {
    const lw_value *v = lwi_constant(r, axes);
    const int rank = lwi_shape_of(r->shapes, x)->rank;
    uint32_t set = 0;
    if (!v || !v->data || v->count == 0 || v->count > LW_MAX_RANK || rank < 1) return false;
    if (v->dtype != LW_INT64 && v->dtype != LW_INT32) return false;
    for (size_t i = 0; i < v->count; i++) {
        const int64_t a = lwi_get_int(v, i), normal = a < 0 ? a + rank : a;
        if (normal < 0 || normal >= rank) return false;
        set |= 1u << normal;
    }
    const int n = (int)v->count;
    if (n > rank || set != ((1u << n) - 1) << (rank - n)) return false;
    *axis = -n;
    return true;
}

int lwi_match_mean(const lwi_rewrite *r, int value, int *axis) {
    const lwi_node *node = lwi_producer(r, value);
    if (!lwi_node_is(node, "", "ReduceMean") || !lwi_attr_int(node, "keepdims", 1)) return -1;
    const int x = lwi_input(r, node, 0);
    return are_last(r, x, lwi_input(r, node, 1), axis) ? x : -1;
}

/* mean(q^2) + epsilon */
static bool match_moment(const lwi_rewrite *r, int value, lwi_rms_match *m) {
    int a = -1, b = -1;
    if (!lwi_match_binary(r, value, "Add", &a, &b)) return false;
    if (!lwi_constant_number(r, b, &m->epsilon)) {
        const int other = a;
        a = b;
        if (!lwi_constant_number(r, other, &m->epsilon)) return false;
    }
    const int squares = lwi_match_mean(r, a, &m->axis);
    if (squares < 0) return false;
    m->squared = lwi_match_square(r, squares);
    return m->squared >= 0 && m->epsilon >= 0;
}

static bool match_root(const lwi_rewrite *r, int value, lwi_rms_match *m) {
    int a = -1, b = -1;
    if (lwi_match_binary(r, value, "Pow", &a, &b) && lwi_match_number(r, b, 0.5))
        return match_moment(r, a, m);
    return match_moment(r, lwi_match_unary(r, value, "Sqrt"), m);
}

static bool match_inverse(const lwi_rewrite *r, int value, lwi_rms_match *m) {
    int a = -1, b = -1;
    if (lwi_match_binary(r, value, "Div", &a, &b) && lwi_match_number(r, a, 1))
        return match_root(r, b, m);
    if (lwi_match_binary(r, value, "Pow", &a, &b) && lwi_match_number(r, b, -0.5))
        return match_moment(r, a, m);
    return match_root(r, lwi_match_unary(r, value, "Reciprocal"), m);
}

bool lwi_match_rms(const lwi_rewrite *r, int value, lwi_rms_match *m) {
    int a = -1, b = -1;
    if (lwi_match_binary(r, value, "Div", &a, &b)) {
        m->x = a;
        return match_root(r, b, m);
    }
    if (!lwi_match_binary(r, value, "Mul", &a, &b)) return false;
    m->x = a;
    if (match_inverse(r, b, m)) return true;
    m->x = b;
    return match_inverse(r, a, m);
}

/* ------------------------------------------------------------ what follows */

/* The other input of the only reader, if it has the last dimensions of x. */
static int row_input(const lwi_rewrite *r, const lwi_node *node, int value, int axis) {
    const int other = lwi_input(r, node, lwi_input(r, node, 0) == value ? 1 : 0);
    const lwi_shape *x = lwi_shape_of(r->shapes, value), *s = lwi_shape_of(r->shapes, other);
    if (s->dtype != x->dtype || s->rank < -axis || s->rank > x->rank) return -1;
    for (int d = 1; d <= s->rank; d++)
        if (s->dims[s->rank - d] != (d <= -axis ? x->dims[x->rank - d] : 1)) return -1;
    return other;
}

void lwi_match_affine(const lwi_rewrite *r, int value, int axis, bool with_bias,
                      lwi_affine_match *m) {
    *m = (lwi_affine_match){-1, -1, value};
    const lwi_node *node = lwi_only_reader(r, m->output);
    if (!lwi_node_is(node, "", "Mul")) return;
    m->scale = row_input(r, node, m->output, axis);
    if (m->scale < 0) return;
    m->output = node->outputs[0];
    node = lwi_only_reader(r, m->output);
    if (!with_bias || !lwi_node_is(node, "", "Add")) return;
    m->bias = row_input(r, node, m->output, axis);
    if (m->bias >= 0) m->output = node->outputs[0];
}

/* Nodes that nothing reads any more would keep others from being joined. */
static void remove_unread(lwi_rewrite *r, int value, int depth) {
    lwi_node *node = lwi_producer(r, value);
    enum { MOST_INPUTS = 4, DEEPEST = 16 };
    if (!node || node->n_outputs != 1 || node->n_inputs > MOST_INPUTS || depth > DEEPEST) return;
    if (lwi_is_read(r, node->outputs[0])) return;
    int inputs[MOST_INPUTS];
    const size_t n = node->n_inputs;
    for (size_t i = 0; i < n; i++)
        inputs[i] = lwi_input(r, node, i);
    lwi_rewrite_remove(r, node);
    for (size_t i = 0; i < n; i++)
        if (inputs[i] >= 0) remove_unread(r, inputs[i], depth + 1);
}

bool lwi_match_keeps_rank(const lwi_rewrite *r, int x, int y) {
    const int from = lwi_shape_of(r->shapes, x)->rank, to = lwi_shape_of(r->shapes, y)->rank;
    return from == to || from < 0 || to < 0;
}

lw_status lwi_match_replace(lwi_rewrite *r, int output, const char *op_type, const int *inputs,
                            size_t n_inputs, lwi_node **node) {
    lwi_node *old = lwi_producer(r, output);
    const size_t at = (size_t)(old - r->graph->nodes);
    const int read[2] = {lwi_input(r, old, 0), lwi_input(r, old, 1)};
    lwi_rewrite_remove(r, old);
    r->count++;
    LW_TRY(lwi_rewrite_insert(r, at, "", op_type, inputs, n_inputs, &output, 1, node));
    for (int k = 0; k < 2; k++)
        if (read[k] >= 0) remove_unread(r, read[k], 0);
    return LW_OK;
}
