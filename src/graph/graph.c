/* SPDX-License-Identifier: MIT */
#include "graph/graph.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

lw_status lwi_graph_new(lwi_arena *arena, lwi_graph *parent, const char *name, lwi_graph **graph) {
    lwi_graph *g = NULL;
    LW_TRY(lwi_arena_alloc(arena, 1, sizeof *g, &g));
    LW_TRY(lwi_arena_string(arena, name, strlen(name), &g->name));
    g->arena = arena;
    g->parent = parent;
    g->open_defaults = true;
    lwi_strmap_init(&g->names, &arena->allocator);
    *graph = g;
    return LW_OK;
}

static lw_status add_slot(lwi_graph *g, const char *name, int *id) {
    if (g->n_slots >= INT_MAX / 2) return lwi_fail(LW_LIMIT, "the graph has too many values");
    LW_TRY(lwi_arena_grow(g->arena, &g->slots, &g->cap_slots, g->n_slots + 1, sizeof *g->slots));
    lwi_slot *s = &g->slots[g->n_slots];
    LW_TRY(lwi_arena_string(g->arena, name, strlen(name), &s->name));
    s->type.rank = -1;
    if (*name) LW_TRY(lwi_strmap_set(&g->names, s->name, (int)g->n_slots));
    *id = (int)g->n_slots++;
    return LW_OK;
}

lw_status lwi_graph_define(lwi_graph *g, const char *name, int *id) {
    if (*name && lwi_strmap_get(&g->names, name) >= 0)
        return lwi_fail(LW_CORRUPT, "graph '%s' defines the value '%s' twice", g->name, name);
    return add_slot(g, name, id);
}

lw_status lwi_graph_intern(lwi_graph *g, const char *name, int *id) {
    const int found = lwi_strmap_get(&g->names, name);
    if (found >= 0) {
        *id = found;
        return LW_OK;
    }
    return add_slot(g, name, id);
}

lw_status lwi_graph_find(lwi_graph *g, const char *name, int *id) {
    int found = lwi_strmap_get(&g->names, name);
    if (found < 0 && g->parent) {
        int outer = -1;
        LW_TRY(lwi_graph_find(g->parent, name, &outer));
        if (outer >= 0) {
            LW_TRY(add_slot(g, name, &found));
            LW_TRY(lwi_arena_grow(g->arena, &g->captures, &g->cap_captures, g->n_captures + 1,
                                  sizeof *g->captures));
            g->captures[g->n_captures++] = (lwi_capture){outer, found};
        }
    }
    *id = found;
    return LW_OK;
}

lw_status lwi_graph_temporary(lwi_graph *g, const char *prefix, int *id) {
    char name[128];
    size_t k = g->n_slots;
    do
        snprintf(name, sizeof name, "%.90s~%zu", prefix, k++);
    while (lwi_strmap_get(&g->names, name) >= 0);
    return add_slot(g, name, id);
}

lw_status lwi_graph_constant(lwi_graph *g, const char *prefix, lw_value *value, int *id) {
    LW_TRY(lwi_graph_temporary(g, prefix, id));
    g->slots[*id].constant = value;
    return LW_OK;
}

lw_status lwi_graph_append(lwi_graph *g, const lwi_node *node) {
    LW_TRY(lwi_arena_grow(g->arena, &g->nodes, &g->cap_nodes, g->n_nodes + 1, sizeof *g->nodes));
    g->nodes[g->n_nodes++] = *node;
    return LW_OK;
}

void lwi_graph_seal(lwi_graph *g) {
    lwi_strmap_free(&g->names);
    for (size_t i = 0; i < g->n_nodes; i++) {
        const lwi_node *node = &g->nodes[i];
        for (size_t a = 0; a < node->n_attrs; a++)
            if (node->attrs[a].kind == LWI_ATTR_GRAPH || node->attrs[a].kind == LWI_ATTR_PART)
                lwi_graph_seal(node->attrs[a].graph);
    }
}

void lwi_node_each_read(const lwi_node *node, void (*fn)(void *arg, int value), void *arg) {
    for (size_t i = 0; i < node->n_inputs; i++)
        if (node->inputs[i] >= 0) fn(arg, node->inputs[i]);
    for (size_t a = 0; a < node->n_attrs; a++) {
        if (node->attrs[a].kind != LWI_ATTR_GRAPH) continue;
        const lwi_graph *sub = node->attrs[a].graph;
        for (size_t c = 0; c < sub->n_captures; c++)
            fn(arg, sub->captures[c].outer);
    }
}

const lwi_attr *lwi_node_attr(const lwi_node *node, const char *name) {
    for (size_t i = 0; i < node->n_attrs; i++)
        if (!strcmp(node->attrs[i].name, name)) return &node->attrs[i];
    return NULL;
}

lw_status lwi_node_set_attr(lwi_arena *arena, lwi_node *node, const lwi_attr *attr) {
    for (size_t i = 0; i < node->n_attrs; i++)
        if (!strcmp(node->attrs[i].name, attr->name)) {
            node->attrs[i] = *attr;
            return LW_OK;
        }
    LW_TRY(lwi_arena_grow(arena, &node->attrs, &node->cap_attrs, node->n_attrs + 1,
                          sizeof *node->attrs));
    node->attrs[node->n_attrs++] = *attr;
    return LW_OK;
}

lw_status lwi_node_set_int(lwi_arena *arena, lwi_node *node, const char *name, int64_t value) {
    lwi_attr attr = {.kind = LWI_ATTR_INT, .i = value};
    LW_TRY(lwi_arena_string(arena, name, strlen(name), &attr.name));
    return lwi_node_set_attr(arena, node, &attr);
}

void lwi_node_remove_attr(lwi_node *node, const char *name) {
    for (size_t i = 0; i < node->n_attrs; i++)
        if (!strcmp(node->attrs[i].name, name)) {
            memmove(&node->attrs[i], &node->attrs[i + 1],
                    (node->n_attrs - i - 1) * sizeof *node->attrs);
            node->n_attrs--;
            return;
        }
}

lw_status lwi_node_set_input(lwi_arena *arena, lwi_node *node, size_t index, int id) {
    if (index >= node->n_inputs) {
        int *inputs = NULL;
        LW_TRY(lwi_arena_alloc(arena, index + 1, sizeof *inputs, &inputs));
        for (size_t i = 0; i <= index; i++)
            inputs[i] = i < node->n_inputs ? node->inputs[i] : -1;
        node->inputs = inputs;
        node->n_inputs = index + 1;
    }
    node->inputs[index] = id;
    return LW_OK;
}
