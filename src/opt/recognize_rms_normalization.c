/* SPDX-License-Identifier: MIT
 * RMSNormalization: x / sqrt(mean(x^2) + epsilon) times a scale. */
#include "opt/match.h"
#include "opt/passes.h"

lw_status lwi_pass_recognize_rms_normalization(lwi_rewrite *r) {
    const size_t n = r->graph->n_nodes;
    for (size_t i = 0; i < n; i++) {
        const lwi_node *node = lwi_rewrite_node(r, i);
        lwi_rms_match m;
        lwi_affine_match affine;
        lwi_node *made = NULL;
        if (!node || (!lwi_node_is(node, "", "Mul") && !lwi_node_is(node, "", "Div"))) continue;
        if (!lwi_match_rms(r, node->outputs[0], &m) || m.x != m.squared) continue;
        if (lwi_shape_of(r->shapes, m.x)->dtype != LW_FLOAT32 ||
            !lwi_match_keeps_rank(r, m.x, node->outputs[0]))
            continue;
        lwi_match_affine(r, node->outputs[0], m.axis, false, &affine);
        if (affine.scale < 0) continue;
        LW_TRY(lwi_match_replace(r, affine.output, "RMSNormalization",
                                 (const int[]){m.x, affine.scale}, 2, &made));
        const lwi_attr epsilon = {.name = "epsilon", .kind = LWI_ATTR_FLOAT, .f = (float)m.epsilon};
        LW_TRY(lwi_node_set_attr(r->graph->arena, made, &epsilon));
        LW_TRY(lwi_node_set_int(r->graph->arena, made, "axis", m.axis));
    }
    return LW_OK;
}
