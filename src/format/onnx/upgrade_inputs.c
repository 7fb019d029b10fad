/* SPDX-License-Identifier: MIT
 * Attributes that became inputs: Clip-11, DFT-20, Pad-11, Reduce*-13/18, Reshape-5, Slice-10,
 * Split-13, Squeeze-13, TopK-10, Unsqueeze-13. */
#include "format/onnx/upgrade.h"
#include "ops/op.h"

#include <string.h>

lw_status lwi_upgrade_axes(lwi_upgrade *u) { return lwi_upgrade_to_input(u, "axes", 1); }

lw_status lwi_upgrade_reshape(lwi_upgrade *u) { return lwi_upgrade_to_input(u, "shape", 1); }

lw_status lwi_upgrade_topk(lwi_upgrade *u) { return lwi_upgrade_to_input(u, "k", 1); }

/* A float attribute becomes an input of the type of input 0. */
static lw_status float_to_input(lwi_upgrade *u, const char *name, size_t index) {
    const lwi_attr *a = lwi_node_attr(u->node, name);
    if (!a) return LW_OK;
    if (a->kind != LWI_ATTR_FLOAT)
        return lwi_fail(LW_CORRUPT, "the attribute '%s' is not a number", name);
    int id;
    LW_TRY(lwi_upgrade_number(u, lwi_upgrade_in(u, 0), a->f, &id));
    lwi_node_remove_attr(u->node, name);
    return lwi_node_set_input(u->graph->arena, u->node, index, id);
}

lw_status lwi_upgrade_clip(lwi_upgrade *u) {
    if (lwi_upgrade_in(u, 0) < 0) return LW_OK; /* the check of the node will say so */
    LW_TRY(float_to_input(u, "min", 1));
    return float_to_input(u, "max", 2);
}

lw_status lwi_upgrade_pad(lwi_upgrade *u) {
    if (lwi_upgrade_in(u, 0) < 0) return LW_OK;
    LW_TRY(lwi_upgrade_to_input(u, "paddings", 1)); /* its name in version 1 */
    LW_TRY(lwi_upgrade_to_input(u, "pads", 1));
    return float_to_input(u, "value", 2);
}

lw_status lwi_upgrade_dft(lwi_upgrade *u) {
    int id;
    const int64_t axis = lwi_attr_int(u->node, "axis", 1);
    lwi_node_remove_attr(u->node, "axis");
    if (lwi_upgrade_in(u, 2) >= 0) return LW_OK;
    LW_TRY(lwi_upgrade_ints(u, &axis, 1, 0, &id));
    return lwi_node_set_input(u->graph->arena, u->node, 2, id);
}

lw_status lwi_upgrade_slice(lwi_upgrade *u) {
    LW_TRY(lwi_upgrade_to_input(u, "starts", 1));
    LW_TRY(lwi_upgrade_to_input(u, "ends", 2));
    return lwi_upgrade_to_input(u, "axes", 3);
}

/* Version 1 had the sizes as an input of the data's type. Without sizes the parts are equal, which
 * is said by their number since version 18. */
lw_status lwi_upgrade_split(lwi_upgrade *u) {
    LW_TRY(lwi_upgrade_to_input(u, "split", 1));
    if (lwi_upgrade_in(u, 1) < 0)
        return lwi_node_set_int(u->graph->arena, u->node, "num_outputs",
                                (int64_t)u->node->n_outputs);
    int id;
    if (u->version >= 2) return LW_OK;
    LW_TRY(lwi_upgrade_emit(u, "Cast", &u->node->inputs[1], 1, "to", LW_INT64, &id));
    return lwi_node_set_input(u->graph->arena, u->node, 1, id);
}
