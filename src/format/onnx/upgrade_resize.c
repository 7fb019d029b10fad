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

/* Appends a copy of the node, with other scales, that the node then goes on from. */
static lw_status resize_before(lwi_upgrade *u, const float *scales, size_t n) {
    lwi_arena *arena = u->graph->arena;
    lwi_node first = *u->node;
    int id, between;
    LW_TRY(lwi_upgrade_floats(u, scales, n, &id));
    LW_TRY(lwi_graph_temporary(u->graph, "Resize", &between));
    first.cap_attrs = first.n_attrs;
    LW_TRY(lwi_arena_copy(arena, first.attrs, first.n_attrs * sizeof *first.attrs, &first.attrs));
    LW_TRY(lwi_arena_copy(arena, (int[]){first.inputs[0], -1, id}, 3 * sizeof id, &first.inputs));
    LW_TRY(lwi_arena_copy(arena, &between, sizeof between, &first.outputs));
    u->node->inputs[0] = between;
    return lwi_onnx_emit(u->onnx, u->graph, &first, u->version);
}

/* Where version 10 made a picture smaller, the nearest pixel was the one at or after x / scale (as
 * in ONNX Runtime). One node has one rule, so going up and going down are two nodes. */
static lw_status round_up_where_smaller(lwi_upgrade *u, const lw_value *scales) {
    float up[LW_MAX_RANK], down[LW_MAX_RANK];
    bool any_up = false, any_down = false;
    int id;
    if (!scales || scales->dtype != LW_FLOAT32 || scales->count > LW_MAX_RANK) return LW_OK;
    for (size_t i = 0; i < scales->count; i++) {
        float scale;
        memcpy(&scale, (const char *)scales->data + i * sizeof scale, sizeof scale);
        up[i] = scale > 1 ? scale : 1;
        down[i] = scale > 1 ? 1 : scale;
        any_up |= scale > 1;
        any_down |= scale < 1;
    }
    if (!any_down) return LW_OK;
    if (any_up) {
        LW_TRY(resize_before(u, up, scales->count));
        LW_TRY(lwi_upgrade_floats(u, down, scales->count, &id));
        u->node->inputs[2] = id;
    }
    return lwi_upgrade_set_string(u, "nearest_mode", "ceil");
}

/* [X, scales] becomes [X, no roi, scales]. */
lw_status lwi_upgrade_resize(lwi_upgrade *u) {
    const int scales = lwi_upgrade_in(u, 1);
    LW_TRY(lwi_node_set_input(u->graph->arena, u->node, 2, scales));
    u->node->inputs[1] = -1;
    LW_TRY(set_rule(u));
    if (scales < 0 || u->node->n_outputs != 1) return LW_OK;
    return round_up_where_smaller(u, u->graph->slots[scales].constant);
}

/* "tf_half_pixel_for_nn" took (x + 0.5) / scale, which is 0.5 more than half_pixel: rounding that
 * down is rounding half_pixel up from the middle on. */
lw_status lwi_upgrade_tf_half_pixel(lwi_upgrade *u) {
    const char *coordinates = "coordinate_transformation_mode", *rule = "nearest_mode";
    if (!lwi_attr_is(u->node, coordinates, "tf_half_pixel_for_nn")) return LW_OK;
    const char *old = lwi_attr_string(u->node, rule, "round_prefer_floor");
    const bool floor = !strcmp(old, "floor");
    if (!floor && strcmp(old, "round_prefer_floor") != 0)
        return lwi_fail(LW_UNSUPPORTED, "tf_half_pixel_for_nn with nearest_mode %s", old);
    LW_TRY(lwi_upgrade_set_string(u, coordinates, "half_pixel"));
    return lwi_upgrade_set_string(u, rule, floor ? "round_prefer_ceil" : "ceil");
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
