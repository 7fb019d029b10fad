/* SPDX-License-Identifier: MIT
 * Which nodes can become instructions of a pointwise program, and which ones they become. */
#include "opt/pointwise_builder.h"

#include "ops/op.h"

#include <string.h>

enum { FLOAT = 1, BOOL = 2 };

typedef struct translation {
    const char *domain, *op_type;
    int inputs, output; /* types that they may have: FLOAT, BOOL, or both */
    void (*translate)(lwi_builder *b, const lwi_node *node, const struct translation *t);
    bool (*fits)(const lwi_rewrite *r, const lwi_node *node); /* NULL: always */
    lwi_pointwise_code code;
    /* float attributes that follow the inputs as operands, with their defaults */
    const char *attributes[2];
    float defaults[2];
} translation;

static int input(lwi_builder *b, const lwi_node *node, size_t i) {
    return lwi_builder_operand(b, lwi_input(b->rewrite, node, i));
}

static void define(lwi_builder *b, const lwi_node *node, int operand) {
    lwi_builder_define(b, node->outputs[0], operand);
}

/* ------------------------------------------------------------ translations */

/* Inputs, then attributes, are the operands. */
static void plain(lwi_builder *b, const lwi_node *node, const translation *t) {
    int operands[3] = {0, 0, 0};
    const size_t n = lwi_pointwise_operands(t->code);
    size_t n_attrs = 0;
    while (n_attrs < 2 && t->attributes[n_attrs])
        n_attrs++;
    for (size_t i = 0; i < n - n_attrs; i++)
        operands[i] = input(b, node, i);
    for (size_t i = 0; i < n_attrs; i++)
        operands[n - n_attrs + i] =
            lwi_builder_number(b, lwi_attr_float(node, t->attributes[i], t->defaults[i]));
    define(b, node, lwi_builder_step(b, t->code, operands[0], operands[1], operands[2]));
}

static void swapped(lwi_builder *b, const lwi_node *node, const translation *t) {
    const int x = input(b, node, 0), y = input(b, node, 1);
    define(b, node, lwi_builder_step(b, t->code, y, x, 0));
}

static void fold(lwi_builder *b, const lwi_node *node, const translation *t) {
    int sum = input(b, node, 0);
    if (node->n_inputs == 1) sum = lwi_builder_step(b, LWI_POINTWISE_copy, sum, 0, 0);
    for (size_t i = 1; i < node->n_inputs; i++)
        sum = lwi_builder_step(b, t->code, sum, input(b, node, i), 0);
    define(b, node, sum);
}

static void mean(lwi_builder *b, const lwi_node *node, const translation *t) {
    int sum = input(b, node, 0);
    for (size_t i = 1; i < node->n_inputs; i++)
        sum = lwi_builder_step(b, t->code, sum, input(b, node, i), 0);
    const int n = lwi_builder_number(b, (float)node->n_inputs);
    define(b, node, lwi_builder_step(b, LWI_POINTWISE_div, sum, n, 0));
}

static void clip(lwi_builder *b, const lwi_node *node, const translation *t) {
    const bool low = lwi_input(b->rewrite, node, 1) >= 0,
               high = lwi_input(b->rewrite, node, 2) >= 0;
    const int x = input(b, node, 0);
    if (low && high)
        define(b, node, lwi_builder_step(b, t->code, x, input(b, node, 1), input(b, node, 2)));
    else if (low)
        define(b, node, lwi_builder_step(b, LWI_POINTWISE_at_least, x, input(b, node, 1), 0));
    else if (high)
        define(b, node, lwi_builder_step(b, LWI_POINTWISE_at_most, x, input(b, node, 2), 0));
    else define(b, node, lwi_builder_step(b, LWI_POINTWISE_copy, x, 0, 0));
}

static void power(lwi_builder *b, const lwi_node *node, const translation *t) {
    static const struct {
        double exponent;
        lwi_pointwise_code code;
    } short_cuts[] = {{2, LWI_POINTWISE_square},
                      {0.5, LWI_POINTWISE_power_half},
                      {3, LWI_POINTWISE_cube},
                      {1, LWI_POINTWISE_copy},
                      {-1, LWI_POINTWISE_reciprocal}};
    const int x = input(b, node, 0);
    double exponent = 0;
    if (!lwi_constant_number(b->rewrite, lwi_input(b->rewrite, node, 1), &exponent)) {
        define(b, node, lwi_builder_step(b, t->code, x, input(b, node, 1), 0));
        return;
    }
    for (size_t i = 0; i < sizeof short_cuts / sizeof *short_cuts; i++)
        if (short_cuts[i].exponent == exponent) {
            define(b, node, lwi_builder_step(b, short_cuts[i].code, x, 0, 0));
            return;
        }
    const int y = lwi_builder_number(b, (float)exponent);
    define(b, node, lwi_builder_step(b, t->code, x, y, 0));
}

static void gelu(lwi_builder *b, const lwi_node *node, const translation *t) {
    const bool by_tanh = lwi_attr_is(node, "approximate", "tanh");
    const lwi_pointwise_code code = by_tanh ? LWI_POINTWISE_gelu_tanh : t->code;
    define(b, node, lwi_builder_step(b, code, input(b, node, 0), 0, 0));
}

static void swish(lwi_builder *b, const lwi_node *node, const translation *t) {
    const float alpha = lwi_attr_float(node, "alpha", t->defaults[0]);
    const int x = input(b, node, 0);
    if (alpha == 1) define(b, node, lwi_builder_step(b, LWI_POINTWISE_silu, x, 0, 0));
    else define(b, node, lwi_builder_step(b, t->code, x, lwi_builder_number(b, alpha), 0));
}

/* To bool: not (x = 0). From bool, or between equal types: the number itself. */
static void cast(lwi_builder *b, const lwi_node *node, const translation *t) {
    int x = input(b, node, 0);
    if (lwi_attr_int(node, "to", 0) == LW_BOOL) x = lwi_builder_step(b, LWI_POINTWISE_not, x, 0, 0);
    define(b, node,
           lwi_builder_step(b, lwi_attr_int(node, "to", 0) == LW_BOOL ? LWI_POINTWISE_not : t->code,
                            x, 0, 0));
}

/* An activation of the sum of input and bias. */
static void biased(lwi_builder *b, const lwi_node *node, const translation *t) {
    int x = input(b, node, 0);
    if (lwi_input(b->rewrite, node, 1) >= 0)
        x = lwi_builder_step(b, LWI_POINTWISE_add, x, input(b, node, 1), 0);
    define(b, node, lwi_builder_step(b, t->code, x, 0, 0));
}

/* -------------------------------------------------------------- conditions */

/* The bounds are single numbers of a rank that does not count. */
static bool has_scalar_bounds(const lwi_rewrite *r, const lwi_node *node) {
    for (size_t i = 1; i < node->n_inputs; i++) {
        const int value = lwi_input(r, node, i);
        if (value < 0) continue;
        const lwi_shape *s = lwi_shape_of(r->shapes, value);
        if (s->dtype != LW_FLOAT32 || s->rank < 0 || s->rank > 1 ||
            (s->rank == 1 && s->dims[0] != 1))
            return false;
    }
    return true;
}

static bool has_constant_exponent(const lwi_rewrite *r, const lwi_node *node) {
    double exponent = 0;
    const int value = lwi_input(r, node, 1);
    const lwi_shape *base = lwi_shape_of(r->shapes, lwi_input(r, node, 0));
    const lw_value *constant = lwi_constant(r, value);
    if (constant && lwi_constant_number(r, value, &exponent))
        return constant->rank == 0 || constant->rank <= base->rank;
    return lwi_shape_of(r->shapes, value)->dtype == LW_FLOAT32;
}

static bool is_small_cast(const lwi_rewrite *r, const lwi_node *node) {
    const int64_t to = lwi_attr_int(node, "to", 0);
    (void)r;
    return to == LW_FLOAT32 || to == LW_BOOL;
}

/* -------------------------------------------------------------------- list */

/* clang-format off */
#define CODE(name) LWI_POINTWISE_##name
static const translation TRANSLATIONS[] = {
#define UNARY(op, name) {"", #op, FLOAT, FLOAT, plain, NULL, CODE(name), {NULL}, {0}},
    UNARY(Abs, abs) UNARY(Ceil, ceil) UNARY(Erf, erf) UNARY(Exp, exp) UNARY(Floor, floor)
    UNARY(HardSwish, hard_swish) UNARY(Log, log) UNARY(Mish, mish) UNARY(Neg, neg)
    UNARY(Reciprocal, reciprocal) UNARY(Relu, relu) UNARY(Round, round) UNARY(Sigmoid, sigmoid)
    UNARY(Sign, sign) UNARY(Softplus, softplus) UNARY(Softsign, softsign) UNARY(Sqrt, sqrt)
    UNARY(Tanh, tanh)
#undef UNARY
#define BINARY(op, name) {"", #op, FLOAT, FLOAT, plain, NULL, CODE(name), {NULL}, {0}},
    BINARY(Add, add) BINARY(Div, div) BINARY(Mul, mul) BINARY(PRelu, leaky_relu) BINARY(Sub, sub)
#undef BINARY
#define COMPARISON(op, how, name) {"", #op, FLOAT, BOOL, how, NULL, CODE(name), {NULL}, {0}},
    COMPARISON(Equal, plain, equal) COMPARISON(Greater, swapped, less)
    COMPARISON(GreaterOrEqual, swapped, less_or_equal) COMPARISON(Less, plain, less)
    COMPARISON(LessOrEqual, plain, less_or_equal)
#undef COMPARISON
#define LOGICAL(op, name) {"", #op, BOOL, BOOL, plain, NULL, CODE(name), {NULL}, {0}},
    LOGICAL(And, and) LOGICAL(Not, not) LOGICAL(Or, or) LOGICAL(Xor, xor)
#undef LOGICAL
    {"", "Max", FLOAT, FLOAT, fold, NULL, CODE(max), {NULL}, {0}},
    {"", "Min", FLOAT, FLOAT, fold, NULL, CODE(min), {NULL}, {0}},
    {"", "Sum", FLOAT, FLOAT, fold, NULL, CODE(add), {NULL}, {0}},
    {"", "Mean", FLOAT, FLOAT, mean, NULL, CODE(add), {NULL}, {0}},
    {"", "Celu", FLOAT, FLOAT, plain, NULL, CODE(celu), {"alpha"}, {1}},
    {"", "Elu", FLOAT, FLOAT, plain, NULL, CODE(elu), {"alpha"}, {1}},
    {"", "LeakyRelu", FLOAT, FLOAT, plain, NULL, CODE(leaky_relu), {"alpha"}, {0.01f}},
    {"", "ThresholdedRelu", FLOAT, FLOAT, plain, NULL, CODE(thresholded_relu), {"alpha"}, {1}},
    {"", "Swish", FLOAT, FLOAT, swish, NULL, CODE(swish), {"alpha"}, {1}},
    {"", "HardSigmoid", FLOAT, FLOAT, plain, NULL, CODE(hard_sigmoid), {"alpha", "beta"},
     {0.2f, 0.5f}},
    {"", "Selu", FLOAT, FLOAT, plain, NULL, CODE(selu), {"alpha", "gamma"},
     {1.67326319217681884765625f, 1.05070102214813232421875f}},
    {"", "Clip", FLOAT, FLOAT, clip, has_scalar_bounds, CODE(clip), {NULL}, {0}},
    {"", "Gelu", FLOAT, FLOAT, gelu, NULL, CODE(gelu), {NULL}, {0}},
    {"", "Pow", FLOAT, FLOAT, power, has_constant_exponent, CODE(power), {NULL}, {0}},
    {"", "Where", FLOAT | BOOL, FLOAT, plain, NULL, CODE(where), {NULL}, {0}},
    {"", "Cast", FLOAT | BOOL, FLOAT | BOOL, cast, is_small_cast, CODE(copy), {NULL}, {0}},
    {"com.microsoft", "BiasGelu", FLOAT, FLOAT, biased, NULL, CODE(gelu), {NULL}, {0}},
    {"com.microsoft", "FastGelu", FLOAT, FLOAT, biased, NULL, CODE(gelu_tanh), {NULL}, {0}},
    {"com.microsoft", "Gelu", FLOAT, FLOAT, plain, NULL, CODE(gelu), {NULL}, {0}},
    {"com.microsoft", "QuickGelu", FLOAT, FLOAT, plain, NULL, CODE(swish), {"alpha"}, {1.702f}},
};

/* clang-format on */

static const translation *find(const lwi_node *node) {
    for (size_t i = 0; i < sizeof TRANSLATIONS / sizeof *TRANSLATIONS; i++)
        if (lwi_node_is(node, TRANSLATIONS[i].domain, TRANSLATIONS[i].op_type))
            return &TRANSLATIONS[i];
    return NULL;
}

static bool is_type(const lwi_rewrite *r, int value, int types) {
    const lw_dtype dtype = lwi_shape_of(r->shapes, value)->dtype;
    return (types & FLOAT && dtype == LW_FLOAT32) || (types & BOOL && dtype == LW_BOOL);
}

bool lwi_is_pointwise(const lwi_rewrite *r, const lwi_node *node) {
    const translation *t = find(node);
    if (!t || node->n_outputs != 1 || node->outputs[0] < 0) return false;
    if (!is_type(r, node->outputs[0], t->output)) return false;
    /* exponents may have any type; bounds are looked at by fits */
    const size_t n = t->fits && t->translate != cast ? 1 : node->n_inputs;
    for (size_t i = 0; i < n; i++)
        if (lwi_input(r, node, i) >= 0 && !is_type(r, lwi_input(r, node, i), t->inputs))
            return false;
    return !t->fits || t->fits(r, node);
}

void lwi_translate(lwi_builder *b, const lwi_node *node) {
    const translation *t = find(node);
    t->translate(b, node, t);
}
