/* SPDX-License-Identifier: MIT
 * Nodes whose outputs nobody reads. */
#include "opt/passes.h"

static bool is_dead(const lwi_rewrite *r, const lwi_node *node) {
    for (size_t k = 0; k < node->n_outputs; k++)
        if (lwi_is_read(r, node->outputs[k])) return false;
    return true;
}

lw_status lwi_pass_remove_dead(lwi_rewrite *r) {
    for (size_t i = r->graph->n_nodes; i-- > 0;) {
        lwi_node *node = lwi_rewrite_node(r, i);
        if (!node || !is_dead(r, node)) continue;
        lwi_rewrite_remove(r, node);
        r->count++;
    }
    return LW_OK;
}
