/* SPDX-License-Identifier: MIT
 * Convolutions and poolings that follow one another can be computed band by band, so that what lies
 * between them stays in the cache. The bits are the same. This pass is the switch: it marks them as
 * free to be, and the backend decides by size (backend/cpu/conv_chain.c). */
#include "opt/passes.h"

lw_status lwi_pass_allow_bands(lwi_rewrite *r) {
    for (size_t i = 0; i < r->graph->n_nodes; i++) {
        lwi_node *node = lwi_rewrite_node(r, i);
        if (!lwi_node_is(node, "lampwick", "Conv") && !lwi_node_is(node, "lampwick", "MaxPool") &&
            !lwi_node_is(node, "lampwick", "AveragePool"))
            continue;
        LW_TRY(lwi_node_set_int(r->graph->arena, node, "bands", 1));
        r->count++;
    }
    return LW_OK;
}
