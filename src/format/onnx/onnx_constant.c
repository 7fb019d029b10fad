/* SPDX-License-Identifier: MIT
 * The operator Constant: its one attribute is the value, in one of several forms. */
#include "format/onnx/reader.h"

#include <string.h>

static const struct {
    const char *name;
    lwi_attr_kind kind;
} FORMS[] = {{"value", LWI_ATTR_TENSOR},        {"sparse_value", LWI_ATTR_TENSOR},
             {"value_int", LWI_ATTR_INT},       {"value_ints", LWI_ATTR_INTS},
             {"value_float", LWI_ATTR_FLOAT},   {"value_floats", LWI_ATTR_FLOATS},
             {"value_string", LWI_ATTR_STRING}, {"value_strings", LWI_ATTR_STRINGS}};

static bool is_form(const lwi_attr *a) {
    for (size_t i = 0; i < sizeof FORMS / sizeof *FORMS; i++)
        if (!strcmp(a->name, FORMS[i].name) && a->kind == FORMS[i].kind) return true;
    return false;
}

lw_status lwi_onnx_constant(lwi_onnx *o, const lwi_node *node, lw_value **value) {
    lwi_arena *arena = &o->network->arena;
    if (node->n_attrs != 1 || !is_form(&node->attrs[0]))
        return lwi_fail(LW_CORRUPT, "does not have exactly one attribute with a value");
    const lwi_attr *a = &node->attrs[0];
    const int64_t n = (int64_t)a->n;
    void *data = NULL;
    switch (a->kind) {
    case LWI_ATTR_TENSOR:
        *value = a->tensor;
        return LW_OK;
    case LWI_ATTR_INT:
        LW_TRY(lwi_arena_copy(arena, &a->i, sizeof a->i, &data));
        return lwi_network_tensor(o->network, LW_INT64, 0, NULL, data, value);
    case LWI_ATTR_FLOAT:
        LW_TRY(lwi_arena_copy(arena, &a->f, sizeof a->f, &data));
        return lwi_network_tensor(o->network, LW_FLOAT32, 0, NULL, data, value);
    case LWI_ATTR_STRING:
        LW_TRY(lwi_arena_copy(arena, &a->s, sizeof a->s, &data));
        return lwi_network_tensor(o->network, LW_STRING, 0, NULL, data, value);
    case LWI_ATTR_INTS:
        return lwi_network_tensor(o->network, LW_INT64, 1, &n, a->ints, value);
    case LWI_ATTR_FLOATS:
        return lwi_network_tensor(o->network, LW_FLOAT32, 1, &n, a->floats, value);
    default:
        return lwi_network_tensor(o->network, LW_STRING, 1, &n, a->strings, value);
    }
}
