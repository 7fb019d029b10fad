/* SPDX-License-Identifier: MIT
 * GraphProto. All values of a graph are defined before any node is read, so that nodes and
 * subgraphs may refer to what stands further down in the file. */
#include "format/onnx/reader.h"

#include <string.h>

enum {
    NODE = 1,
    GRAPH_NAME = 2,
    INITIALIZER = 5,
    INPUT = 11,
    OUTPUT = 12,
    SPARSE_INITIALIZER = 15
};
enum { INFO_NAME = 1, INFO_TYPE = 2 };
enum { NODE_OUTPUT = 2 };

lw_status lwi_onnx_enter(lwi_onnx *o, const char *what) {
    if (o->depth >= LWI_ONNX_NESTING)
        return lwi_fail(LW_LIMIT, "%s: more than %d things are nested in each other", what,
                        LWI_ONNX_NESTING);
    o->depth++;
    return LW_OK;
}

static lw_status read_info(lwi_onnx *o, lwi_wire w, lwi_wire *name, lwi_type *type) {
    lwi_field f;
    *type = (lwi_type){.rank = -1};
    *name = (lwi_wire){NULL, NULL};
    while (w.at < w.end) {
        lwi_wire body = {NULL, NULL};
        LW_TRY(lwi_wire_next(&w, &f));
        if (f.id == INFO_NAME) LW_TRY(lwi_field_body(&f, name));
        if (f.id != INFO_TYPE) continue;
        LW_TRY(lwi_field_body(&f, &body));
        LW_TRY(lwi_onnx_type(o, body, type));
    }
    return LW_OK;
}

static lw_status read_input(lwi_onnx *o, const lwi_onnx_scope *scope, lwi_graph *g, lwi_wire w,
                            int *id) {
    lwi_wire name = {NULL, NULL};
    lwi_type type;
    const char *text = NULL;
    LW_TRY(read_info(o, w, &name, &type));
    LW_TRY(lwi_onnx_rename(o, scope, name, &text));
    LW_TRY(lwi_graph_define(g, text, id));
    g->slots[*id].type = type;
    return LW_OK;
}

static lw_status read_output(lwi_onnx *o, const lwi_onnx_scope *scope, lwi_graph *g, lwi_wire w,
                             int *id) {
    lwi_wire name = {NULL, NULL};
    lwi_type type;
    const char *text = NULL;
    LW_TRY(read_info(o, w, &name, &type));
    LW_TRY(lwi_onnx_rename(o, scope, name, &text));
    LW_TRY(lwi_graph_find(g, text, id));
    if (*id < 0)
        return lwi_fail(LW_CORRUPT, "graph '%s': nothing makes its output '%s'", g->name, text);
    if (!g->slots[*id].type.declared) g->slots[*id].type = type;
    return LW_OK;
}

typedef lw_status (*read_end_fn)(lwi_onnx *, const lwi_onnx_scope *, lwi_graph *, lwi_wire, int *);

/* The graph's inputs or outputs. */
static lw_status read_ends(lwi_onnx *o, const lwi_onnx_scope *scope, lwi_graph *g, lwi_wire w,
                           bool outputs) {
    const read_end_fn read = outputs ? read_output : read_input;
    const uint32_t id = outputs ? OUTPUT : INPUT;
    size_t n = 0;
    int *ids = NULL;
    LW_TRY(lwi_wire_count(w, id, &n));
    LW_TRY(lwi_arena_alloc(g->arena, n, sizeof *ids, &ids));
    lwi_field f;
    for (size_t i = 0; w.at < w.end;) {
        lwi_wire body = {NULL, NULL};
        LW_TRY(lwi_wire_next(&w, &f));
        if (f.id != id) continue;
        LW_TRY(lwi_field_body(&f, &body));
        LW_TRY(read(o, scope, g, body, &ids[i++]));
    }
    *(outputs ? &g->outputs : &g->inputs) = ids;
    *(outputs ? &g->n_outputs : &g->n_inputs) = n;
    return LW_OK;
}

/* An initializer of an input's name is that input's default. */
static lw_status add_initializer(lwi_onnx *o, const lwi_onnx_scope *scope, lwi_graph *g,
                                 const lwi_field *f) {
    lwi_wire body = {NULL, NULL};
    lw_string name;
    lw_value *value = NULL;
    const char *text = NULL;
    LW_TRY(lwi_field_body(f, &body));
    if (f->id == INITIALIZER) LW_TRY(lwi_onnx_tensor(o, body, &name, &value));
    else LW_TRY(lwi_onnx_sparse(o, body, &name, &value));
    const uint8_t *bytes = (const uint8_t *)name.data;
    LW_TRY(lwi_onnx_rename(o, scope, (lwi_wire){bytes, bytes + name.size}, &text));
    int id = lwi_strmap_get(&g->names, text);
    if (id < 0 || g->slots[id].constant) LW_TRY(lwi_graph_define(g, text, &id));
    g->slots[id].constant = value;
    return LW_OK;
}

static lw_status read_initializers(lwi_onnx *o, const lwi_onnx_scope *scope, lwi_graph *g,
                                   lwi_wire w) {
    lwi_field f;
    while (w.at < w.end) {
        LW_TRY(lwi_wire_next(&w, &f));
        if (f.id == INITIALIZER || f.id == SPARSE_INITIALIZER)
            LW_TRY(add_initializer(o, scope, g, &f));
    }
    return LW_OK;
}

static lw_status define_outputs(lwi_onnx *o, const lwi_onnx_scope *scope, lwi_graph *g,
                                lwi_wire node) {
    lwi_field f;
    while (node.at < node.end) {
        lwi_wire name = {NULL, NULL};
        const char *text = NULL;
        int id;
        LW_TRY(lwi_wire_next(&node, &f));
        if (f.id != NODE_OUTPUT) continue;
        LW_TRY(lwi_field_body(&f, &name));
        LW_TRY(lwi_onnx_rename(o, scope, name, &text));
        if (!*text) continue;
        LW_TRY(lwi_graph_intern(g, text, &id));
    }
    return LW_OK;
}

lw_status lwi_onnx_nodes(lwi_onnx *o, const lwi_onnx_scope *scope, lwi_graph *g, lwi_wire message,
                         uint32_t id) {
    lwi_field f;
    for (int pass = 0; pass < 2; pass++)
        for (lwi_wire w = message; w.at < w.end;) {
            lwi_wire node = {NULL, NULL};
            LW_TRY(lwi_wire_next(&w, &f));
            if (f.id != id) continue;
            LW_TRY(lwi_field_body(&f, &node));
            if (pass == 0) LW_TRY(define_outputs(o, scope, g, node));
            else LW_TRY(lwi_onnx_node(o, scope, g, node));
        }
    return LW_OK;
}

lw_status lwi_onnx_new_graph(lwi_onnx *o, lwi_graph *parent, const char *name, lwi_graph **graph) {
    LW_TRY(lwi_grow(&o->network->arena.allocator, &o->graphs, &o->cap_graphs, o->n_graphs + 1,
                    sizeof *o->graphs));
    LW_TRY(lwi_graph_new(&o->network->arena, parent, name, graph));
    o->graphs[o->n_graphs++] = *graph;
    return LW_OK;
}

static lw_status make_graph(lwi_onnx *o, lwi_graph *parent, lwi_wire w, lwi_graph **graph) {
    lwi_field f;
    const char *name = "";
    while (w.at < w.end) {
        LW_TRY(lwi_wire_next(&w, &f));
        if (f.id == GRAPH_NAME) LW_TRY(lwi_field_name(&f, &o->network->arena, &name));
    }
    return lwi_onnx_new_graph(o, parent, name, graph);
}

lw_status lwi_onnx_graph(lwi_onnx *o, const lwi_onnx_scope *scope, lwi_graph *parent,
                         lwi_wire message, lwi_graph **graph) {
    lwi_graph *g = NULL;
    LW_TRY(lwi_onnx_enter(o, "graph"));
    LW_TRY(make_graph(o, parent, message, &g));
    LW_TRY(read_ends(o, scope, g, message, false));
    LW_TRY(read_initializers(o, scope, g, message));
    LW_TRY(lwi_onnx_nodes(o, scope, g, message, NODE));
    LW_TRY(read_ends(o, scope, g, message, true));
    LW_TRY(lwi_onnx_check_sources(g));
    LW_TRY(lwi_graph_sort(g));
    o->depth--;
    *graph = g;
    return LW_OK;
}
