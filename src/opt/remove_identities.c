/* SPDX-License-Identifier: MIT
 * Nodes that return their input: Identity, Dropout outside training, Cast and CastLike to the type
 * at hand, Transpose that keeps the order, Concat and Sum of one tensor. */
#include "opt/passes.h"

#include "ops/op.h"

static bool keeps_order(const lwi_node *node) {
    size_t n = 0;
    const int64_t *perm = lwi_attr_ints(node, "perm", &n);
    for (size_t i = 0; i < n; i++)
        if (perm[i] != (int64_t)i) return false;
    return perm != NULL;
}

static bool same_type(const lwi_rewrite *r, const lwi_node *node) {
    const lw_dtype in = lwi_shape_of(r->shapes, lwi_input(r, node, 0))->dtype;
    if (in == LW_DTYPE_NONE) return false;
    if (lwi_node_is(node, "", "Cast")) return lwi_attr_int(node, "to", 0) == (int64_t)in;
    return lwi_shape_of(r->shapes, lwi_input(r, node, 1))->dtype == in;
}

static bool is_dropout(const lwi_rewrite *r, const lwi_node *node) {
    double training = 0;
    if (!lwi_node_is(node, "", "Dropout")) return false;
    if (node->n_outputs > 1 && lwi_is_read(r, node->outputs[1])) return false;
    const int mode = lwi_input(r, node, 2);
    return mode < 0 || (lwi_constant_number(r, mode, &training) && training == 0);
}

static bool is_identity(const lwi_rewrite *r, const lwi_node *node) {
    if (lwi_node_is(node, "", "Identity")) return true;
    if (lwi_node_is(node, "", "Concat") || lwi_node_is(node, "", "Sum")) return node->n_inputs == 1;
    if (lwi_node_is(node, "", "Transpose")) return keeps_order(node);
    if (lwi_node_is(node, "", "Cast") || lwi_node_is(node, "", "CastLike"))
        return same_type(r, node);
    return is_dropout(r, node);
}

/* An output of the graph keeps its name: the node that made the input makes it instead. */
static bool make_output(lwi_rewrite *r, lwi_node *node) {
    const int in = lwi_input(r, node, 0), out = node->outputs[0];
    lwi_node *maker = lwi_producer(r, in);
    if (!maker || lwi_is_pinned(r, in)) return false;
    size_t k = 0;
    while (maker->outputs[k] != in)
        k++;
    lwi_rewrite_remove(r, node);
    lwi_rewrite_set_output(r, maker, k, out);
    return lwi_rewrite_forward(r, in, out);
}

lw_status lwi_pass_remove_identities(lwi_rewrite *r) {
    for (size_t i = 0; i < r->graph->n_nodes; i++) {
        lwi_node *node = lwi_rewrite_node(r, i);
        if (!node || !is_identity(r, node) || lwi_input(r, node, 0) < 0) continue;
        if (lwi_rewrite_forward(r, node->outputs[0], lwi_input(r, node, 0)))
            lwi_rewrite_remove(r, node);
        else if (!make_output(r, node)) continue;
        r->count++;
    }
    return LW_OK;
}
