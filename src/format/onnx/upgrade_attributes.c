/* SPDX-License-Identifier: MIT
 * Attributes that were renamed, given other defaults, or dropped. */
#include "format/onnx/upgrade.h"
#include "ops/op.h"

#include <string.h>

/* A hint on memory that never changed what was computed. */
lw_status lwi_upgrade_consumed_inputs(lwi_upgrade *u) {
    lwi_node_remove_attr(u->node, "consumed_inputs");
    return LW_OK;
}

/* The type was a name of TensorProto.DataType: "FLOAT". */
lw_status lwi_upgrade_cast(lwi_upgrade *u) {
    static const char *const NAMES[] = {
        "UNDEFINED", "FLOAT", "UINT8",   "INT8",   "UINT16", "INT16",  "INT32",     "INT64",
        "STRING",    "BOOL",  "FLOAT16", "DOUBLE", "UINT32", "UINT64", "COMPLEX64", "COMPLEX128"};
    const char *to = lwi_attr_string(u->node, "to", NULL);
    if (!to) return LW_OK;
    for (size_t i = 1; i < sizeof NAMES / sizeof *NAMES; i++)
        if (!strcmp(to, NAMES[i]))
            return lwi_node_set_int(u->graph->arena, u->node, "to", (int64_t)i);
    return lwi_fail(LW_CORRUPT, "the type '%s' is not known", to);
}

static lw_status default_int(lwi_upgrade *u, const char *name, int64_t value) {
    if (lwi_node_attr(u->node, name)) return LW_OK;
    return lwi_node_set_int(u->graph->arena, u->node, name, value);
}

lw_status lwi_upgrade_concat(lwi_upgrade *u) { return default_int(u, "axis", 1); }

/* Whether the whole sequence was wanted is said by the outputs that are named. */
lw_status lwi_upgrade_recurrent(lwi_upgrade *u) {
    lwi_node_remove_attr(u->node, "output_sequence");
    return LW_OK;
}

lw_status lwi_upgrade_lp_pool(lwi_upgrade *u) {
    const lwi_attr *p = lwi_node_attr(u->node, "p");
    if (!p || p->kind != LWI_ATTR_FLOAT) return LW_OK;
    if (!(p->f >= 1 && p->f <= 1000) || p->f != (float)(int)p->f)
        return lwi_fail(LW_UNSUPPORTED, "the norm p = %g is not a whole number", (double)p->f);
    return lwi_node_set_int(u->graph->arena, u->node, "p", (int64_t)p->f);
}

lw_status lwi_upgrade_grid_sample(lwi_upgrade *u) {
    if (lwi_attr_is(u->node, "mode", "bilinear"))
        return lwi_upgrade_set_string(u, "mode", "linear");
    if (lwi_attr_is(u->node, "mode", "bicubic")) return lwi_upgrade_set_string(u, "mode", "cubic");
    return LW_OK;
}

lw_status lwi_upgrade_roi_align(lwi_upgrade *u) {
    const char *name = "coordinate_transformation_mode";
    if (lwi_node_attr(u->node, name)) return LW_OK;
    return lwi_upgrade_set_string(u, name, "output_half_pixel");
}

lw_status lwi_upgrade_scatter(lwi_upgrade *u) {
    u->node->op_type = "ScatterElements";
    return LW_OK;
}

static lw_status default_float(lwi_upgrade *u, const char *name, float value) {
    if (lwi_node_attr(u->node, name)) return LW_OK;
    const lwi_attr attr = {.name = name, .kind = LWI_ATTR_FLOAT, .f = value};
    return lwi_node_set_attr(u->graph->arena, u->node, &attr);
}

lw_status lwi_upgrade_selu(lwi_upgrade *u) {
    LW_TRY(default_float(u, "alpha", 1.6732f));
    return default_float(u, "gamma", 1.0507f);
}
