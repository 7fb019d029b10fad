/* SPDX-License-Identifier: MIT
 * Upsample, and Resize-10, which had its sampling rule: the pixel at or before x / scale. */
#include "format/onnx/upgrade.h"
#include "ops/op.h"

#include <string.h>

static lw_status set_rule(lwi_upgrade *u) {
    LW_TRY(lwi_upgrade_set_string(u, "coordinate_transformation_mode", "asymmetric"));
    LW_TRY(lwi_upgrade_set_string(u, "nearest_mode", "floor"));
    if (lwi_attr_is(u->node, "mode", "bilinear"))
        return lwi_upgrade_set_string(u, "mode", "linear");
    return LW_OK;
}

/* [X, scales] becomes [X, no roi, scales]. */
lw_status lwi_upgrade_resize(lwi_upgrade *u) {
    const int scales = lwi_upgrade_in(u, 1);
    LW_TRY(lwi_node_set_input(u->graph->arena, u->node, 2, scales));
    u->node->inputs[1] = -1;
    return set_rule(u);
}

/* Version 1 had two numbers, version 7 a list, version 9 an input. */
static lw_status scales_to_input(lwi_upgrade *u) {
    size_t n;
    int id;
    const float *list = lwi_attr_floats(u->node, "scales", &n);
    const float pair[4] = {1, 1, lwi_attr_float(u->node, "height_scale", 1),
                           lwi_attr_float(u->node, "width_scale", 1)};
    if (!list && lwi_upgrade_in(u, 1) >= 0) return LW_OK;
    LW_TRY(list ? lwi_upgrade_floats(u, list, n, &id) : lwi_upgrade_floats(u, pair, 4, &id));
    lwi_node_remove_attr(u->node, "scales");
    lwi_node_remove_attr(u->node, "height_scale");
    lwi_node_remove_attr(u->node, "width_scale");
    return lwi_node_set_input(u->graph->arena, u->node, 1, id);
}

lw_status lwi_upgrade_upsample(lwi_upgrade *u) {
    LW_TRY(scales_to_input(u));
    u->node->op_type = "Resize";
    /* From version 10 on, Upsample is deprecated: the line for Resize does not apply. */
    return u->version < 11 ? LW_OK : lwi_upgrade_resize(u);
}
