/* SPDX-License-Identifier: MIT
 * NodeProto: a call of a function is written out, a Constant becomes a constant of the graph, and
 * everything else is brought to the newest form of its operator. */
#include "format/onnx/reader.h"
#include "format/onnx/upgrade.h"
#include "ops/registry.h"

#include <string.h>

enum { INPUT = 1, OUTPUT = 2, NAME = 3, OP_TYPE = 4, ATTRIBUTE = 5, DOMAIN_NAME = 7, OVERLOAD = 8 };

static lw_status read_names(lwi_onnx *o, lwi_wire w, lwi_node *node) {
    lwi_arena *arena = &o->network->arena;
    lwi_field f;
    *node = (lwi_node){.name = "", .domain = "", .op_type = "", .overload = ""};
    while (w.at < w.end) {
        LW_TRY(lwi_wire_next(&w, &f));
        switch (f.id) {
        case INPUT:
            node->n_inputs++;
            break;
        case OUTPUT:
            node->n_outputs++;
            break;
        case ATTRIBUTE:
            node->cap_attrs++;
            break;
        case NAME:
            LW_TRY(lwi_field_name(&f, arena, &node->name));
            break;
        case OP_TYPE:
            LW_TRY(lwi_field_name(&f, arena, &node->op_type));
            break;
        case DOMAIN_NAME:
            LW_TRY(lwi_field_name(&f, arena, &node->domain));
            break;
        case OVERLOAD:
            LW_TRY(lwi_field_name(&f, arena, &node->overload));
            break;
        default:
            break;
        }
    }
    if (!strcmp(node->domain, "ai.onnx")) node->domain = "";
    if (node->cap_attrs <= LWI_ONNX_ATTRIBUTES) return LW_OK;
    return lwi_fail(LW_LIMIT, "%s '%s' has more than %d attributes", node->op_type, node->name,
                    LWI_ONNX_ATTRIBUTES);
}

static lw_status find_value(lwi_onnx *o, const lwi_onnx_scope *scope, lwi_graph *g,
                            const lwi_node *node, const lwi_field *f, int *id) {
    lwi_wire name = {NULL, NULL};
    const char *text = NULL;
    LW_TRY(lwi_field_body(f, &name));
    LW_TRY(lwi_onnx_rename(o, scope, name, &text));
    *id = -1;
    if (!*text) return LW_OK;
    LW_TRY(lwi_graph_find(g, text, id));
    if (*id >= 0) return LW_OK;
    return lwi_fail(LW_CORRUPT, "%s '%s' reads the value '%s', which nothing makes", node->op_type,
                    node->name, text);
}

static lw_status read_values(lwi_onnx *o, const lwi_onnx_scope *scope, lwi_graph *g, lwi_wire w,
                             lwi_node *node) {
    LW_TRY(lwi_arena_alloc(g->arena, node->n_inputs, sizeof *node->inputs, &node->inputs));
    LW_TRY(lwi_arena_alloc(g->arena, node->n_outputs, sizeof *node->outputs, &node->outputs));
    size_t in = 0, out = 0;
    lwi_field f;
    while (w.at < w.end) {
        LW_TRY(lwi_wire_next(&w, &f));
        if (f.id == INPUT) LW_TRY(find_value(o, scope, g, node, &f, &node->inputs[in++]));
        if (f.id == OUTPUT) LW_TRY(find_value(o, scope, g, node, &f, &node->outputs[out++]));
    }
    return LW_OK;
}

static lw_status read_attributes(lwi_onnx *o, const lwi_onnx_scope *scope, lwi_graph *g, lwi_wire w,
                                 lwi_node *node) {
    lwi_field f;
    LW_TRY(lwi_arena_alloc(g->arena, node->cap_attrs, sizeof *node->attrs, &node->attrs));
    while (w.at < w.end) {
        lwi_wire body = {NULL, NULL};
        lwi_attr attr;
        LW_TRY(lwi_wire_next(&w, &f));
        if (f.id != ATTRIBUTE) continue;
        LW_TRY(lwi_field_body(&f, &body));
        LW_TRY(lwi_onnx_attribute(o, scope, g, body, &attr));
        if (attr.kind == LWI_ATTR_NONE) continue;
        if (lwi_node_attr(node, attr.name))
            return lwi_fail(LW_CORRUPT, "has the attribute '%s' twice", attr.name);
        node->attrs[node->n_attrs++] = attr;
    }
    return LW_OK;
}

/* ---------------------------------------------------------------- operators */

static lw_status check_operator(const lwi_node *node, int64_t version) {
    if (!node->op)
        return lwi_fail(LW_UNSUPPORTED,
                        "node '%s': the operator %s%s%s (opset %lld) is not supported", node->name,
                        node->domain, *node->domain ? "." : "", node->op_type, (long long)version);
    return lwi_check_node(node);
}

lw_status lwi_onnx_emit(lwi_onnx *o, lwi_graph *g, lwi_node *node, int64_t version) {
    if (strcmp(node->domain, "lampwick") != 0) node->op = lwi_op_find(node->domain, node->op_type);
    for (size_t i = 0; i < node->n_attrs; i++)
        if (node->attrs[i].kind == LWI_ATTR_TENSOR)
            LW_TRY(lwi_onnx_align(o, node->attrs[i].tensor));
    LW_TRY(lwi_network_issue(o->network, check_operator(node, version)));
    return lwi_graph_append(g, node);
}

/* The version that the node's domain is imported with. Domains beside ai.onnx have operators of one
 * version, and exporters often leave their import out. */
static lw_status find_version(const lwi_onnx_scope *scope, const lwi_node *node, int64_t *version) {
    *version = lwi_onnx_version(scope, node->domain);
    if (*version > 0) return LW_OK;
    *version = 1;
    if (*node->domain) return LW_OK;
    return lwi_fail(LW_CORRUPT, "%s '%s': the model imports no version of the domain ai.onnx",
                    node->op_type, node->name);
}

static lw_status make_constant(lwi_onnx *o, lwi_graph *g, const lwi_node *node) {
    if (node->n_outputs != 1 || node->outputs[0] < 0)
        return lwi_fail(LW_CORRUPT, "has %zu outputs, expected 1", node->n_outputs);
    /* Of several with one name the last counts, as in ONNX Runtime: exporters make such files. */
    return lwi_onnx_constant(o, node, &g->slots[node->outputs[0]].constant);
}

static lw_status name_node(const lwi_node *node, lw_status status) {
    if (status == LW_OK) return LW_OK;
    return lwi_fail_prefix(status, "%s '%s'", node->op_type, node->name);
}

static lw_status read_operator(lwi_onnx *o, const lwi_onnx_scope *scope, lwi_graph *g, lwi_wire w,
                               lwi_node *node) {
    int64_t version = 1;
    LW_TRY(read_values(o, scope, g, w, node));
    LW_TRY(name_node(node, read_attributes(o, scope, g, w, node)));
    LW_TRY(find_version(scope, node, &version));
    if (!*node->domain && !strcmp(node->op_type, "Constant"))
        return name_node(node, make_constant(o, g, node));
    lwi_upgrade u = {.onnx = o, .graph = g, .node = node, .version = version};
    LW_TRY(lwi_network_issue(o->network, name_node(node, lwi_onnx_upgrade(&u))));
    return lwi_onnx_emit(o, g, node, version);
}

lw_status lwi_onnx_node(lwi_onnx *o, const lwi_onnx_scope *scope, lwi_graph *g, lwi_wire w) {
    lwi_node node;
    LW_TRY(read_names(o, w, &node));
    if (++o->n_nodes > LWI_ONNX_NODES)
        return lwi_fail(LW_LIMIT, "the model has more than %d nodes", LWI_ONNX_NODES);
    const lwi_onnx_function *function = NULL;
    LW_TRY(lwi_onnx_find_function(o, node.domain, node.op_type, node.overload, &function));
    return function ? lwi_onnx_call(o, scope, g, function, w)
                    : read_operator(o, scope, g, w, &node);
}
