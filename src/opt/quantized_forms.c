/* SPDX-License-Identifier: MIT
 * The integer forms of operators that work element by element, join tensors or take means. */
#include "opt/quantized.h"

#include "ops/registry.h"

#include <string.h>

enum { MOST_PARTS = 64 };

static const char *const NOTHING[] = {NULL};

/* Input i is dequantised from codes like the result's, with a single scale. */
static bool is_like_result(const lwi_quantized_op *op, size_t i, lwi_quantized *q) {
    const lwi_node *node = &op->r->graph->nodes[op->index];
    return lwi_dequantized(op->r, lwi_input(op->r, node, i), q) && q->single &&
           q->dtype == op->y.dtype;
}

static lw_status add_triple(const lwi_quantized_op *op, const lwi_quantized *q, int *inputs) {
    inputs[0] = q->codes;
    inputs[1] = q->scale;
    return lwi_zero_value(op->r, q, &inputs[2]);
}

static lw_status make_binary(const lwi_quantized_op *op, const char *name, int out, bool *made) {
    lwi_quantized a, b;
    int inputs[8];
    if (!is_like_result(op, 0, &a) || !is_like_result(op, 1, &b)) return LW_OK;
    LW_TRY(add_triple(op, &a, inputs));
    LW_TRY(add_triple(op, &b, inputs + 3));
    inputs[6] = op->y.scale;
    LW_TRY(lwi_zero_value(op->r, &op->y, &inputs[7]));
    *made = true;
    return lwi_integer_node(op, "com.microsoft", name, inputs, 8, out, NOTHING);
}

static lw_status make_unary(const lwi_quantized_op *op, const char *name, int out, bool *made,
                            const char *const *names) {
    lwi_quantized x;
    int inputs[5];
    if (!is_like_result(op, 0, &x)) return LW_OK;
    LW_TRY(add_triple(op, &x, inputs));
    inputs[3] = op->y.scale;
    LW_TRY(lwi_zero_value(op->r, &op->y, &inputs[4]));
    *made = true;
    return lwi_integer_node(op, "com.microsoft", name, inputs, 5, out, names);
}

#define FORM(NAME, MAKE)                                                                           \
    static lw_status NAME(const lwi_quantized_op *op, int out, bool *made, bool *clamps) {         \
        (void)clamps;                                                                              \
        return MAKE;                                                                               \
    }
FORM(form_add, make_binary(op, "QLinearAdd", out, made))
FORM(form_mul, make_binary(op, "QLinearMul", out, made))
FORM(form_sigmoid, make_unary(op, "QLinearSigmoid", out, made, NOTHING))
FORM(form_leaky_relu,
     make_unary(op, "QLinearLeakyRelu", out, made, (const char *[]){"alpha", NULL}))
FORM(form_global_pool, make_unary(op, "QLinearGlobalAveragePool", out, made, NOTHING))

static lw_status form_pool(const lwi_quantized_op *op, int out, bool *made, bool *clamps) {
    static const char *const names[] = {
        "auto_pad", "ceil_mode", "count_include_pad", "kernel_shape", "pads", "strides", NULL};
    (void)clamps;
    if (lwi_attr_ints(&op->r->graph->nodes[op->index], "dilations", &(size_t){0})) return LW_OK;
    return make_unary(op, "QLinearAveragePool", out, made, names);
}

static lw_status form_softmax(const lwi_quantized_op *op, int out, bool *made, bool *clamps) {
    (void)clamps;
    LW_TRY(make_unary(op, "QLinearSoftmax", out, made, (const char *[]){"axis", NULL}));
    if (!*made) return LW_OK;
    return lwi_node_set_int(op->r->graph->arena, lwi_producer(op->r, out), "opset", 13);
}

static lw_status form_concat(const lwi_quantized_op *op, int out, bool *made, bool *clamps) {
    static const char *const names[] = {"axis", NULL};
    const size_t n = op->r->graph->nodes[op->index].n_inputs;
    lwi_quantized q[MOST_PARTS];
    int inputs[3 * MOST_PARTS + 2];
    bool same = true;
    (void)clamps;
    if (n > MOST_PARTS) return LW_OK;
    for (size_t i = 0; i < n; i++) {
        if (!is_like_result(op, i, &q[i])) return LW_OK;
        same = same && lwi_same_codes(&q[i], &op->y);
    }
    *made = true;
    for (size_t i = 0; i < n; i++)
        if (same) inputs[i] = q[i].codes;
        else LW_TRY(add_triple(op, &q[i], inputs + 2 + 3 * i));
    if (same) return lwi_integer_node(op, "", "Concat", inputs, n, out, names);
    inputs[0] = op->y.scale;
    LW_TRY(lwi_zero_value(op->r, &op->y, &inputs[1]));
    return lwi_integer_node(op, "com.microsoft", "QLinearConcat", inputs, 3 * n + 2, out, names);
}

lwi_integer_form *lwi_integer_form_of(const lwi_node *node) {
    static const struct {
        const char *name;
        lwi_integer_form *form;
    } forms[] = {{"Add", form_add},
                 {"AveragePool", form_pool},
                 {"Concat", form_concat},
                 {"Conv", lwi_integer_conv},
                 {"Gemm", lwi_integer_gemm},
                 {"GlobalAveragePool", form_global_pool},
                 {"LeakyRelu", form_leaky_relu},
                 {"MatMul", lwi_integer_matmul},
                 {"Mul", form_mul},
                 {"Sigmoid", form_sigmoid},
                 {"Softmax", form_softmax}};
    for (size_t i = 0; node && *node->op->domain == 0 && i < sizeof forms / sizeof *forms; i++)
        if (!strcmp(node->op->name, forms[i].name)) return forms[i].form;
    return NULL;
}
