/* SPDX-License-Identifier: MIT
 * Convolutions with constant weights, of float32 or of 8-bit codes, take and give their tensors
 * with the channels last, between two Transpose nodes that later passes move and cancel
 * (move_transposes.c). The layout is so chosen for a whole network: its inner tensors never change
 * it. */
#include "opt/passes.h"
#include "opt/permute.h"

#include "ops/registry.h"

#include <string.h>

static bool is_convolution(const lwi_rewrite *r, const lwi_node *node) {
    const bool codes = !strcmp(node->op->name, "QLinearConv");
    const bool to_float = lwi_node_is(node, "lampwick", "ConvIntegerToFloat");
    if (!codes && !to_float && !lwi_node_is(node, "", "Conv") &&
        !lwi_node_is(node, "", "ConvTranspose"))
        return false;
    const lw_value *w = lwi_constant(r, lwi_weight_of(r, lwi_input(r, node, codes ? 3 : 1)));
    return w && w->count > 0 && lwi_can_turn(r, node);
}

lw_status lwi_pass_turn_convolutions(lwi_rewrite *r) {
    const size_t n = r->graph->n_nodes;
    for (size_t i = 0; i < n; i++) {
        const lwi_node *node = lwi_rewrite_node(r, i);
        if (!node || !is_convolution(r, node)) continue;
        LW_TRY(lwi_turn(r, i));
        lwi_node *turned = &r->graph->nodes[i];
        LW_TRY(lwi_rewrite_set_input(r, turned, 1, lwi_weight_of(r, lwi_input(r, turned, 1))));
        r->count++;
    }
    return LW_OK;
}
