/* SPDX-License-Identifier: MIT
 * Before opset 7 the second operand was spread over the first from a given axis on (attributes
 * `broadcast` and `axis`); numpy's rule aligns the last axes. So ones are put behind the second
 * operand's shape, as many as the first has axes after it. */
#include "format/onnx/upgrade.h"
#include "ops/op.h"

/* Input 1 gets a shape that lets it be spread over input 0 from the axis on. */
static lw_status align(lwi_upgrade *u, int64_t axis) {
    const int a = lwi_upgrade_in(u, 0), b = lwi_upgrade_in(u, 1);
    int shape_a, shape_b, rank_a, rank_b, first, zero, one, rest, behind, ones, shape, aligned;
    if (a < 0 || b < 0) return LW_OK;
    LW_TRY(lwi_upgrade_ints(u, &(int64_t){0}, 1, 1, &zero));
    LW_TRY(lwi_upgrade_ints(u, &(int64_t){1}, 1, 1, &one));
    LW_TRY(lwi_upgrade_emit(u, "Shape", &a, 1, NULL, 0, &shape_a));
    LW_TRY(lwi_upgrade_emit(u, "Shape", &b, 1, NULL, 0, &shape_b));
    LW_TRY(lwi_upgrade_emit(u, "Shape", &shape_a, 1, NULL, 0, &rank_a));
    LW_TRY(lwi_upgrade_emit(u, "Shape", &shape_b, 1, NULL, 0, &rank_b));
    LW_TRY(lwi_upgrade_ints(u, &axis, 1, 1, &first));
    /* a negative axis counts from the end of the first operand's */
    if (axis < 0) LW_TRY(lwi_upgrade_emit(u, "Add", (int[]){rank_a, first}, 2, NULL, 0, &first));
    LW_TRY(lwi_upgrade_emit(u, "Sub", (int[]){rank_a, first}, 2, NULL, 0, &rest));
    LW_TRY(lwi_upgrade_emit(u, "Sub", (int[]){rest, rank_b}, 2, NULL, 0, &rest));
    LW_TRY(lwi_upgrade_emit(u, "Max", (int[]){rest, zero}, 2, NULL, 0, &behind));
    LW_TRY(lwi_upgrade_emit(u, "Expand", (int[]){one, behind}, 2, NULL, 0, &ones));
    LW_TRY(lwi_upgrade_emit(u, "Concat", (int[]){shape_b, ones}, 2, "axis", 0, &shape));
    LW_TRY(lwi_upgrade_emit(u, "Reshape", (int[]){b, shape}, 2, "allowzero", 1, &aligned));
    return lwi_node_set_input(u->graph->arena, u->node, 1, aligned);
}

lw_status lwi_upgrade_broadcast(lwi_upgrade *u) {
    const lwi_attr *axis = lwi_node_attr(u->node, "axis");
    const int64_t first = lwi_attr_int(u->node, "axis", 0);
    const bool spread = axis && lwi_attr_int(u->node, "broadcast", 0);
    lwi_node_remove_attr(u->node, "axis");
    lwi_node_remove_attr(u->node, "broadcast");
    return spread ? align(u, first) : LW_OK;
}

/* The slope had one element, or one for each channel. */
lw_status lwi_upgrade_prelu(lwi_upgrade *u) {
    const int slope = lwi_upgrade_in(u, 1);
    const lw_value *constant = slope < 0 ? NULL : u->graph->slots[slope].constant;
    return constant && constant->count == 1 ? LW_OK : align(u, 1);
}

/* Version 1 repeated along one axis: inputs `tiles` and `axis`, one number each. */
lw_status lwi_upgrade_tile(lwi_upgrade *u) {
    const int x = lwi_upgrade_in(u, 0);
    int tiles = lwi_upgrade_in(u, 1), axis = lwi_upgrade_in(u, 2), one, shape, rank, ones, repeats;
    if (x < 0 || tiles < 0 || axis < 0) return LW_OK;
    LW_TRY(lwi_upgrade_ints(u, &(int64_t){1}, 1, 1, &one));
    LW_TRY(lwi_upgrade_emit(u, "Cast", &tiles, 1, "to", LW_INT64, &tiles));
    LW_TRY(lwi_upgrade_emit(u, "Cast", &axis, 1, "to", LW_INT64, &axis));
    LW_TRY(lwi_upgrade_emit(u, "Reshape", (int[]){tiles, one}, 2, NULL, 0, &tiles));
    LW_TRY(lwi_upgrade_emit(u, "Reshape", (int[]){axis, one}, 2, NULL, 0, &axis));
    LW_TRY(lwi_upgrade_emit(u, "Shape", &x, 1, NULL, 0, &shape));
    LW_TRY(lwi_upgrade_emit(u, "Shape", &shape, 1, NULL, 0, &rank));
    LW_TRY(lwi_upgrade_emit(u, "Expand", (int[]){one, rank}, 2, NULL, 0, &ones));
    LW_TRY(
        lwi_upgrade_emit(u, "ScatterElements", (int[]){ones, axis, tiles}, 3, NULL, 0, &repeats));
    return lwi_upgrade_become(u, "Tile", (int[]){x, repeats}, 2);
}
