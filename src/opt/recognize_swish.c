/* SPDX-License-Identifier: MIT
 * Swish, x sigmoid(x); HardSwish, x max(0, min(1, x / 6 + 1 / 2)), also as x clip(x + 3, 0, 6) / 6;
 * and Mish, x tanh(softplus(x)): products of x and a gate that follows from it. */
#include "opt/match.h"
#include "opt/passes.h"

#include "ops/op.h"

static bool is_near(double a, double b) { return a > b * (1 - 1e-5) && a < b * (1 + 1e-5); }

static bool is_clip(const lwi_rewrite *r, int value, double high, int *x) {
    const lwi_node *node = lwi_producer(r, value);
    double low = 1;
    if (!lwi_node_is(node, "", "Clip") || !lwi_constant_number(r, lwi_input(r, node, 1), &low))
        return false;
    *x = lwi_input(r, node, 0);
    return low == 0 && lwi_match_number(r, lwi_input(r, node, 2), high);
}

static bool is_hard_sigmoid(const lwi_rewrite *r, int value, int x) {
    const lwi_node *node = lwi_producer(r, value);
    return lwi_node_is(node, "", "HardSigmoid") && lwi_input(r, node, 0) == x &&
           is_near((double)lwi_attr_float(node, "alpha", 0.2f), 1.0 / 6) &&
           lwi_attr_float(node, "beta", 0.5f) == 0.5f;
}

/* The operator that x times gate is, if all numbers in the product make up `number`. */
static const char *name_of(const lwi_rewrite *r, double number, int x, int gate) {
    int inner = -1;
    if (is_near(number, 1)) {
        if (lwi_match_unary(r, gate, "Sigmoid") == x) return "Swish";
        if (lwi_match_unary(r, lwi_match_unary(r, gate, "Tanh"), "Softplus") == x) return "Mish";
        if (is_hard_sigmoid(r, gate, x)) return "HardSwish";
    }
    if (is_near(number, 1.0 / 6) && is_clip(r, gate, 6, &inner) &&
        lwi_match_with_number(r, inner, "Add", 3) == x)
        return "HardSwish";
    return NULL;
}

lw_status lwi_pass_recognize_swish(lwi_rewrite *r) {
    const size_t n = r->graph->n_nodes;
    for (size_t i = 0; i < n; i++) {
        const lwi_node *node = lwi_rewrite_node(r, i);
        lwi_factors f;
        if (!node || (!lwi_node_is(node, "", "Mul") && !lwi_node_is(node, "", "Div"))) continue;
        const int y = node->outputs[0];
        if (!lwi_match_product(r, y, &f) || f.n != 2) continue;
        for (int k = 0; k < 2; k++) {
            const int x = f.values[1 - k];
            const char *name = name_of(r, f.number, x, f.values[k]);
            if (!name || !lwi_match_keeps_rank(r, x, y)) continue;
            LW_TRY(lwi_match_replace(r, y, name, &x, 1, &(lwi_node *){NULL}));
            break;
        }
    }
    return LW_OK;
}
