/* SPDX-License-Identifier: MIT
 * The element type of a value before there is any shape inference: constants and inputs say it,
 * and the schema of an operator says which inputs its output takes it from. */
#include "format/onnx/upgrade.h"
#include "ops/registry.h"

#include <string.h>

/* Limits on looking back, so that the work stays linear: most values are made just before. */
enum { STEPS = 40, LOOK_BACK = 200, OUTPUTS = 16 };

static lw_dtype stated(const lwi_graph *g, int id) {
    const lwi_slot *slot = &g->slots[id];
    if (slot->constant) return slot->constant->dtype;
    return slot->type.declared && slot->type.kind == LW_KIND_TENSOR ? slot->type.dtype
                                                                    : LW_DTYPE_NONE;
}

static const lwi_node *producer(const lwi_graph *g, int id, size_t *output) {
    for (size_t k = 0; k < LOOK_BACK && k < g->n_nodes; k++) {
        const lwi_node *node = &g->nodes[g->n_nodes - 1 - k];
        for (size_t i = 0; i < node->n_outputs && i < OUTPUTS; i++)
            if (node->outputs[i] == id) {
                *output = i;
                return node;
            }
    }
    return NULL;
}

/* The value that has the type of a node's output: one whose type is stated, if there is one, else
 * the first of the same group of the schema. *dtype is set instead where the operator fixes it. */
static int source(const lwi_graph *g, const lwi_node *node, size_t output, lw_dtype *dtype) {
    const lwi_schema *s = node->op ? lwi_schema_find(node->op->domain, node->op->name) : NULL;
    if (!s || s->n_out == 0) return -1;
    const lwi_param *out = &s->out[output < s->n_out ? output : s->n_out - 1u];
    if (!strcmp(node->op_type, "Cast")) {
        const lwi_attr *to = lwi_node_attr(node, "to");
        if (to && to->kind == LWI_ATTR_INT && to->i > 0 && to->i < LW_DTYPE_COUNT)
            *dtype = (lw_dtype)to->i;
        return -1;
    }
    for (int d = 1; d < LW_DTYPE_COUNT; d++)
        if (out->types == UINT64_C(1) << d) *dtype = (lw_dtype)d;
    if (!out->group) return -1;
    int first = -1;
    for (size_t i = 0; i < node->n_inputs && i < LOOK_BACK; i++) {
        const lwi_param *in = &s->in[i < s->n_in ? i : s->n_in - 1u];
        if (node->inputs[i] < 0 || in->group != out->group) continue;
        if (stated(g, node->inputs[i])) return node->inputs[i];
        if (first < 0) first = node->inputs[i];
    }
    return first;
}

lw_dtype lwi_upgrade_dtype(const lwi_graph *g, int id) {
    for (int step = 0; step < STEPS && id >= 0; step++) {
        lw_dtype dtype = stated(g, id);
        if (dtype) return dtype;
        for (size_t c = 0; c < g->n_captures && c < LOOK_BACK; c++)
            if (g->captures[c].inner == id)
                return lwi_upgrade_dtype(g->parent, g->captures[c].outer);
        size_t output = 0;
        const lwi_node *node = producer(g, id, &output);
        if (!node) return LW_DTYPE_NONE;
        id = source(g, node, output, &dtype);
        if (dtype) return dtype;
    }
    return LW_DTYPE_NONE;
}
