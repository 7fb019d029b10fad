/* SPDX-License-Identifier: MIT
 * Winograd's algorithm needs fewer multiplications for convolutions with 3 x 3 kernels, but its
 * sums round differently (docs/ops/channels-last.md has the bound). This pass is the switch: it
 * marks convolutions as free to use it, and the backend decides by cost. */
#include "opt/passes.h"

lw_status lwi_pass_allow_winograd(lwi_rewrite *r) {
    for (size_t i = 0; i < r->graph->n_nodes; i++) {
        lwi_node *node = lwi_rewrite_node(r, i);
        if (!lwi_node_is(node, "lampwick", "Conv")) continue;
        LW_TRY(lwi_node_set_int(r->graph->arena, node, "winograd", 1));
        r->count++;
    }
    return LW_OK;
}
