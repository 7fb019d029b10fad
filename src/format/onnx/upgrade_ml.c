/* SPDX-License-Identifier: MIT
 * ai.onnx.ml: LabelEncoder-1 gave each string of a list its index, or each index its string,
 * depending on the type of its input. */
#include "format/onnx/upgrade.h"
#include "ops/op.h"

static lw_status set(lwi_upgrade *u, lwi_attr attr) {
    return lwi_node_set_attr(u->graph->arena, u->node, &attr);
}

/* Strings to numbers? The one default that is given says it, or else the type of the input. */
static lw_status from_strings(const lwi_upgrade *u, bool *from) {
    const bool number = lwi_node_attr(u->node, "default_int64");
    const bool string = lwi_node_attr(u->node, "default_string");
    *from = number;
    if (number != string) return LW_OK;
    const lw_dtype in = lwi_upgrade_dtype(u->graph, lwi_upgrade_in(u, 0));
    *from = in == LW_STRING;
    if (in == LW_STRING || in == LW_INT64) return LW_OK;
    return lwi_fail(LW_UNSUPPORTED,
                    "LabelEncoder-1: whether strings become numbers is not known beforehand");
}

lw_status lwi_upgrade_label_encoder(lwi_upgrade *u) {
    size_t n;
    bool from = false;
    int64_t *numbers = NULL;
    const lw_string *classes = lwi_attr_strings(u->node, "classes_strings", &n);
    if (!classes) return LW_OK;
    LW_TRY(from_strings(u, &from));
    LW_TRY(lwi_arena_alloc(u->graph->arena, n, sizeof *numbers, &numbers));
    for (size_t i = 0; i < n; i++)
        numbers[i] = (int64_t)i;
    lwi_node_remove_attr(u->node, "classes_strings");
    lwi_node_remove_attr(u->node, from ? "default_string" : "default_int64");
    LW_TRY(set(u, (lwi_attr){.name = from ? "keys_strings" : "values_strings",
                             .kind = LWI_ATTR_STRINGS,
                             .n = n,
                             .strings = classes}));
    return set(u, (lwi_attr){.name = from ? "values_int64s" : "keys_int64s",
                             .kind = LWI_ATTR_INTS,
                             .n = n,
                             .ints = numbers});
}
