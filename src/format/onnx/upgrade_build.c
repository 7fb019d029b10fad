/* SPDX-License-Identifier: MIT
 * What upgrades are made of: constants, extra nodes, attributes that become inputs. */
#include "format/onnx/upgrade.h"
#include "ops/op.h"

#include <string.h>

static lw_status add_constant(lwi_upgrade *u, lw_dtype dtype, int rank, size_t n, const void *data,
                              int *id) {
    lw_value *value = NULL;
    const int64_t dim = (int64_t)n;
    LW_TRY(lwi_network_tensor(u->onnx->network, dtype, rank, &dim, data, &value));
    return lwi_graph_constant(u->graph, u->node->op_type, value, id);
}

lw_status lwi_upgrade_ints(lwi_upgrade *u, const int64_t *values, size_t n, int rank, int *id) {
    void *copy = NULL;
    LW_TRY(lwi_arena_copy(u->graph->arena, values, n * sizeof *values, &copy));
    return add_constant(u, LW_INT64, rank, n, copy, id);
}

lw_status lwi_upgrade_floats(lwi_upgrade *u, const float *values, size_t n, int *id) {
    void *copy = NULL;
    LW_TRY(lwi_arena_copy(u->graph->arena, values, n * sizeof *values, &copy));
    return add_constant(u, LW_FLOAT32, 1, n, copy, id);
}

/* Numbers as elements of a type; false if it cannot hold them. */
static bool store(lw_dtype dtype, const float *values, size_t n, void *data) {
    if (lwi_dtype_is_small_float(dtype)) {
        lwi_narrow(dtype, values, n, 0, data);
        return true;
    }
    for (size_t i = 0; i < n; i++) {
        const float v = values[i];
        switch (dtype) {
        case LW_FLOAT32:
            ((float *)data)[i] = v;
            break;
        case LW_FLOAT64:
            ((double *)data)[i] = (double)v;
            break;
#define CASE(D, T)                                                                                 \
    case D:                                                                                        \
        if (!(v >= -128 && v <= 127) || v != (float)(int)v || ((T)-1 > 0 && v < 0)) return false;  \
        ((T *)data)[i] = (T)(int)v;                                                                \
        break;
            LWI_INTEGER_TYPES(CASE)
#undef CASE
        default:
            return false;
        }
    }
    return true;
}

static lw_status like(lwi_upgrade *u, int other, const float *values, size_t n, int rank, int *id) {
    const lw_dtype dtype = lwi_upgrade_dtype(u->graph, other);
    void *data = NULL;
    LW_TRY(lwi_arena_alloc(u->graph->arena, n, sizeof(double), &data));
    if (dtype && store(dtype, values, n, data)) return add_constant(u, dtype, rank, n, data, id);
    int constant;
    memcpy(data, values, n * sizeof *values);
    LW_TRY(add_constant(u, LW_FLOAT32, rank, n, data, &constant));
    return lwi_upgrade_emit(u, "CastLike", (int[]){constant, other}, 2, NULL, 0, id);
}

lw_status lwi_upgrade_like(lwi_upgrade *u, int other, const float *values, size_t n, int *id) {
    return like(u, other, values, n, 1, id);
}

lw_status lwi_upgrade_number(lwi_upgrade *u, int other, float value, int *id) {
    return like(u, other, &value, 1, 0, id);
}

/* --------------------------------------------------------------------- nodes */

static lw_status fill(lwi_upgrade *u, lwi_node *node, const char *op, const int *inputs, size_t n) {
    node->op_type = op;
    node->domain = "";
    node->n_inputs = n;
    return lwi_arena_copy(u->graph->arena, inputs, n * sizeof *inputs, &node->inputs);
}

static lw_status append(lwi_upgrade *u, const char *op, const int *inputs, size_t n,
                        const char *attr, int64_t value, int output) {
    lwi_node node = {.name = u->node->name, .overload = "", .n_outputs = 1};
    LW_TRY(fill(u, &node, op, inputs, n));
    LW_TRY(lwi_arena_copy(u->graph->arena, &output, sizeof output, &node.outputs));
    if (attr) LW_TRY(lwi_node_set_int(u->graph->arena, &node, attr, value));
    return lwi_onnx_emit(u->onnx, u->graph, &node, u->version);
}

lw_status lwi_upgrade_emit(lwi_upgrade *u, const char *op, const int *inputs, size_t n,
                           const char *attr, int64_t value, int *output) {
    int made; /* output may be one of the inputs */
    LW_TRY(lwi_graph_temporary(u->graph, op, &made));
    LW_TRY(append(u, op, inputs, n, attr, value, made));
    *output = made;
    return LW_OK;
}

lw_status lwi_upgrade_emit_to(lwi_upgrade *u, const char *op, const int *inputs, size_t n,
                              int output) {
    return append(u, op, inputs, n, NULL, 0, output);
}

lw_status lwi_upgrade_become(lwi_upgrade *u, const char *op, const int *inputs, size_t n) {
    u->node->n_attrs = 0;
    return fill(u, u->node, op, inputs, n);
}

/* ---------------------------------------------------------------- attributes */

lw_status lwi_upgrade_set_string(lwi_upgrade *u, const char *name, const char *value) {
    const lwi_attr attr = {.name = name, .kind = LWI_ATTR_STRING, .s = {value, strlen(value)}};
    return lwi_node_set_attr(u->graph->arena, u->node, &attr);
}

lw_status lwi_upgrade_to_input(lwi_upgrade *u, const char *name, size_t index) {
    const lwi_attr *a = lwi_node_attr(u->node, name);
    if (!a) return LW_OK;
    int id;
    if (a->kind == LWI_ATTR_INTS) LW_TRY(lwi_upgrade_ints(u, a->ints, a->n, 1, &id));
    else if (a->kind == LWI_ATTR_INT) LW_TRY(lwi_upgrade_ints(u, &a->i, 1, 1, &id));
    else return lwi_fail(LW_CORRUPT, "the attribute '%s' is not a list of integers", name);
    lwi_node_remove_attr(u->node, name);
    return lwi_node_set_input(u->graph->arena, u->node, index, id);
}
