/* SPDX-License-Identifier: MIT
 * Operators between DequantizeLinear and QuantizeLinear compute on the codes themselves. A Relu or
 * Clip before the QuantizeLinear becomes a range of codes, which mostly is the type's own. */
#include "opt/passes.h"
#include "opt/quantized.h"

#include "ops/op.h"

#include <math.h>
#include <string.h>

lw_status lwi_integer_node(const lwi_quantized_op *op, const char *domain, const char *op_type,
                           const int *inputs, size_t n_inputs, int out, const char *const *names) {
    lwi_rewrite *r = op->r;
    lwi_node *made = NULL;
    LW_TRY(lwi_rewrite_insert(r, op->place, domain, op_type, inputs, n_inputs, &out, 1, &made));
    const lwi_node *from = &r->graph->nodes[op->index];
    for (size_t a = 0; a < from->n_attrs; a++)
        for (const char *const *name = names; *name; name++)
            if (!strcmp(from->attrs[a].name, *name))
                LW_TRY(lwi_node_set_attr(r->graph->arena, made, &from->attrs[a]));
    return LW_OK;
}

static int64_t code_of(const lwi_quantized *y, double x) {
    const int64_t low = y->dtype == LW_INT8 ? -128 : 0, high = low + 255;
    const float code = rintf((float)x / y->scale_number) + (float)y->zero_number;
    return code > (float)low ? code < (float)high ? (int64_t)code : high : low;
}

/* Steps over a Relu or Clip: *value is what it is applied to. */
static void take_range(lwi_quantized_op *op, int *value) {
    lwi_rewrite *r = op->r;
    const lwi_node *node = lwi_producer(r, *value);
    double low = -INFINITY, high = INFINITY;
    if (lwi_node_is(node, "", "Relu")) low = 0;
    else if (lwi_node_is(node, "", "Clip")) {
        const int min = lwi_input(r, node, 1), max = lwi_input(r, node, 2);
        if (min >= 0 && !lwi_constant_number(r, min, &low)) return;
        if (max >= 0 && !lwi_constant_number(r, max, &high)) return;
    } else return;
    const int input = lwi_input(r, node, 0);
    if (!lwi_only_reader(r, input) || !(low <= high)) return;
    if (low > -INFINITY) op->low = code_of(&op->y, low);
    if (high < INFINITY) op->high = code_of(&op->y, high);
    *value = input;
}

static bool is_narrow(const lwi_quantized_op *op) {
    return op->low > (op->y.dtype == LW_INT8 ? -128 : 0) ||
           op->high < (op->y.dtype == LW_INT8 ? 127 : 255);
}

/* Codes that have to stay in a range that is not the type's. */
static lw_status insert_clip(const lwi_quantized_op *op, int codes, int out) {
    lwi_rewrite *r = op->r;
    lwi_node *clip = NULL;
    const uint8_t low = (uint8_t)op->low, high = (uint8_t)op->high;
    int inputs[3] = {codes, -1, -1};
    LW_TRY(lwi_rewrite_constant(r, "low", op->y.dtype, 0, NULL, &low, &inputs[1]));
    LW_TRY(lwi_rewrite_constant(r, "high", op->y.dtype, 0, NULL, &high, &inputs[2]));
    return lwi_rewrite_insert(r, op->place, "", "Clip", inputs, 3, &out, 1, &clip);
}

/* A node that nobody reads any more, and the DequantizeLinear nodes that then nobody does. */
static void remove_with_inputs(lwi_rewrite *r, lwi_node *node) {
    const size_t n = node->n_inputs;
    const int *inputs = node->inputs;
    lwi_rewrite_remove(r, node);
    for (size_t i = 0; i < n; i++) {
        lwi_node *maker = inputs[i] < 0 ? NULL : lwi_producer(r, inputs[i]);
        if (lwi_is_dequantize(maker) && !lwi_is_read(r, maker->outputs[0]))
            lwi_rewrite_remove(r, maker);
    }
}

/* From the QuantizeLinear to the operator: each node has only the next one as its reader. */
static void remove_chain(const lwi_quantized_op *op) {
    lwi_rewrite *r = op->r;
    lwi_node *node = &r->graph->nodes[op->place];
    const lwi_node *last = &r->graph->nodes[op->index];
    while (node != last) {
        const int input = lwi_input(r, node, 0);
        lwi_rewrite_remove(r, node);
        node = lwi_producer(r, input);
    }
    remove_with_inputs(r, node);
}

static lw_status replace(lwi_quantized_op *op, lwi_integer_form *form) {
    lwi_rewrite *r = op->r;
    const lwi_shape shape = *lwi_shape_of(r->shapes, op->y.codes);
    bool made = false, clamps = false;
    int out = -1;
    LW_TRY(lwi_rewrite_value(r, "codes", op->y.dtype, shape.rank, shape.dims, &out));
    LW_TRY(form(op, out, &made, &clamps));
    if (!made) return LW_OK;
    remove_chain(op);
    r->count++;
    if (is_narrow(op) && !clamps) return insert_clip(op, out, op->y.codes);
    lwi_rewrite_set_output(r, lwi_producer(r, out), 0, op->y.codes);
    return LW_OK;
}

/* Codes of codes with the same scale: nothing happens. */
static void forward(lwi_quantized_op *op, const lwi_quantized *x) {
    lwi_rewrite *r = op->r;
    if (is_narrow(op) || !lwi_same_codes(x, &op->y)) return;
    if (!lwi_rewrite_forward(r, op->y.codes, x->codes)) return;
    remove_with_inputs(r, &r->graph->nodes[op->place]);
    r->count++;
}

static lw_status look_at(lwi_rewrite *r, size_t i) {
    lwi_quantized_op op = {.r = r, .place = i};
    lwi_quantized x;
    const lwi_node *node = lwi_rewrite_node(r, i);
    if (!node || !lwi_quantizes(r, node, &op.y)) return LW_OK;
    op.low = op.y.dtype == LW_INT8 ? -128 : 0;
    op.high = op.low + 255;
    int value = lwi_input(r, node, 0);
    if (lwi_dequantized(r, value, &x)) {
        forward(&op, &x);
        return LW_OK;
    }
    if (!lwi_only_reader(r, value)) return LW_OK;
    take_range(&op, &value);
    const lwi_node *maker = lwi_producer(r, value);
    lwi_integer_form *form = maker ? lwi_integer_form_of(maker) : NULL;
    if (!form) return LW_OK;
    op.index = (size_t)(maker - r->graph->nodes);
    return replace(&op, form);
}

lw_status lwi_pass_use_integers(lwi_rewrite *r) {
    const size_t n = r->graph->n_nodes;
    for (size_t i = 0; i < n; i++)
        LW_TRY(look_at(r, i));
    return LW_OK;
}
