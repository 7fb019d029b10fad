/* SPDX-License-Identifier: MIT
 * Gelu: x (1 + erf(x / sqrt 2)) / 2, or with tanh, x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) /
 * 2, with the factors in any order. */
#include "opt/match.h"
#include "opt/passes.h"

#define SQRT_HALF 0.70710678118654752440
#define SQRT_2_BY_PI 0.79788456080286535588

/* 1 + erf(x / sqrt 2) */
static bool is_exact(const lwi_rewrite *r, int value, int x) {
    const int inner = lwi_match_unary(r, lwi_match_with_number(r, value, "Add", 1), "Erf");
    lwi_factors f;
    if (inner < 0 || !lwi_match_product(r, inner, &f) || f.n != 1 || f.values[0] != x) return false;
    return f.number > SQRT_HALF * (1 - 1e-5) && f.number < SQRT_HALF * (1 + 1e-5);
}

/* x^3, with a number */
static bool is_cube(const lwi_rewrite *r, int value, int x, double number) {
    lwi_factors f;
    int a = -1, b = -1;
    if (!lwi_match_product(r, value, &f)) return false;
    if (f.number < number * (1 - 1e-5) || f.number > number * (1 + 1e-5)) return false;
    if (f.n == 1)
        return lwi_match_binary(r, f.values[0], "Pow", &a, &b) && a == x &&
               lwi_match_number(r, b, 3);
    if (f.n == 3) return f.values[0] == x && f.values[1] == x && f.values[2] == x;
    if (f.n != 2) return false;
    const int square = f.values[0] == x ? f.values[1] : f.values[0];
    return (f.values[0] == x || f.values[1] == x) && lwi_match_square(r, square) == x;
}

/* sqrt(2 / pi) (x + 0.044715 x^3), or x sqrt(2 / pi) (1 + 0.044715 x^2) */
static bool is_curve(const lwi_rewrite *r, int value, int x) {
    lwi_factors f;
    int a = -1, b = -1;
    if (!lwi_match_product(r, value, &f)) return false;
    if (f.number < SQRT_2_BY_PI * (1 - 1e-5) || f.number > SQRT_2_BY_PI * (1 + 1e-5)) return false;
    if (f.n == 1 && lwi_match_binary(r, f.values[0], "Add", &a, &b))
        return (a == x && is_cube(r, b, x, 0.044715)) || (b == x && is_cube(r, a, x, 0.044715));
    if (f.n != 2) return false;
    const int sum = f.values[0] == x ? f.values[1] : f.values[0];
    const int term = lwi_match_with_number(r, sum, "Add", 1);
    lwi_factors square;
    return (f.values[0] == x || f.values[1] == x) && term >= 0 &&
           lwi_match_product(r, term, &square) && square.n == 1 &&
           square.number > 0.044715 * (1 - 1e-5) && square.number < 0.044715 * (1 + 1e-5) &&
           lwi_match_square(r, square.values[0]) == x;
}

static bool is_tanh(const lwi_rewrite *r, int value, int x) {
    const int inner = lwi_match_unary(r, lwi_match_with_number(r, value, "Add", 1), "Tanh");
    return inner >= 0 && is_curve(r, inner, x);
}

static lw_status replace(lwi_rewrite *r, int output, int x, const char *approximate) {
    lwi_node *node = NULL;
    LW_TRY(lwi_match_replace(r, output, "Gelu", &x, 1, &node));
    lwi_attr attr = {.name = "approximate", .kind = LWI_ATTR_STRING};
    attr.s = (lw_string){approximate, 4};
    return lwi_node_set_attr(r->graph->arena, node, &attr);
}

lw_status lwi_pass_recognize_gelu(lwi_rewrite *r) {
    const size_t n = r->graph->n_nodes;
    for (size_t i = 0; i < n; i++) {
        const lwi_node *node = lwi_rewrite_node(r, i);
        int f[2];
        if (!node || (!lwi_node_is(node, "", "Mul") && !lwi_node_is(node, "", "Div"))) continue;
        const int y = node->outputs[0];
        if (!lwi_match_two_factors(r, y, 0.5, f)) continue;
        for (int k = 0; k < 2; k++) {
            const char *form = is_exact(r, f[k], f[1 - k])  ? "none"
                               : is_tanh(r, f[k], f[1 - k]) ? "tanh"
                                                            : NULL;
            if (!form || !lwi_match_keeps_rank(r, f[1 - k], y)) continue;
            LW_TRY(replace(r, y, f[1 - k], form));
            break;
        }
    }
    return LW_OK;
}
