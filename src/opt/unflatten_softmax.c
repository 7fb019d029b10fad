/* SPDX-License-Identifier: MIT
 * Softmax and its kin before opset 13 flatten all axes from one on; loading a model writes that as
 * Flatten, Softmax, Reshape. Where only the last axis is meant, Softmax alone does it. */
#include "opt/passes.h"

#include "ops/op.h"

static bool is_softmax(const lwi_node *node) {
    return lwi_node_is(node, "", "Softmax") || lwi_node_is(node, "", "LogSoftmax") ||
           lwi_node_is(node, "", "Hardmax");
}

/* The second input of `reshape` is the whole shape of x. */
static bool restores_shape(const lwi_rewrite *r, const lwi_node *reshape, int x) {
    const lwi_node *shape = lwi_producer(r, lwi_input(r, reshape, 1));
    return shape && lwi_node_is(shape, "", "Shape") && lwi_input(r, shape, 0) == x &&
           !lwi_node_attr(shape, "start") && !lwi_node_attr(shape, "end") &&
           lwi_attr_int(reshape, "allowzero", 0) == 1;
}

/* What is flattened to rows of its last axis; -1: the nodes are something else. */
static int find_rows(const lwi_rewrite *r, const lwi_node *reshape) {
    const int y = lwi_input(r, reshape, 0);
    const lwi_node *softmax = lwi_producer(r, y);
    if (!softmax || !is_softmax(softmax) || !lwi_only_reader(r, y)) return -1;
    if (lwi_attr_int(softmax, "axis", -1) != 1) return -1;
    const lwi_node *flatten = lwi_producer(r, lwi_input(r, softmax, 0));
    if (!flatten || !lwi_node_is(flatten, "", "Flatten")) return -1;
    const int x = lwi_input(r, flatten, 0), rank = lwi_shape_of(r->shapes, x)->rank;
    const int64_t axis = lwi_attr_int(flatten, "axis", 1);
    return rank > 0 && axis == rank - 1 && restores_shape(r, reshape, x) ? x : -1;
}

static lw_status set_axis(lwi_rewrite *r, lwi_node *node, int64_t axis) {
    const lwi_attr attr = {.name = "axis", .kind = LWI_ATTR_INT, .i = axis};
    return lwi_node_set_attr(r->graph->arena, node, &attr);
}

lw_status lwi_pass_unflatten_softmax(lwi_rewrite *r) {
    for (size_t i = 0; i < r->graph->n_nodes; i++) {
        lwi_node *reshape = lwi_rewrite_node(r, i);
        if (!reshape || !lwi_node_is(reshape, "", "Reshape")) continue;
        const int x = find_rows(r, reshape);
        if (x < 0) continue;
        lwi_node *softmax = lwi_producer(r, lwi_input(r, reshape, 0));
        const int y = reshape->outputs[0];
        LW_TRY(lwi_rewrite_set_input(r, softmax, 0, x));
        LW_TRY(set_axis(r, softmax, lwi_shape_of(r->shapes, x)->rank - 1));
        lwi_rewrite_remove(r, reshape);
        lwi_rewrite_set_output(r, softmax, 0, y);
        r->count++;
    }
    return LW_OK;
}
