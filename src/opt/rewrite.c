/* SPDX-License-Identifier: MIT */
#include "opt/rewrite.h"

#include "ops/registry.h"

#include <string.h>

struct lwi_use {
    int producer; /* node; -1: none */
    int forward;  /* readers read that value instead; -1: no */
    size_t n;     /* of reads by nodes */
    size_t sum;   /* of the numbers of the nodes that read it: if n is 1, that node's */
    bool pinned;
};

/* ------------------------------------------------------------------- index */

static lw_status grow(lwi_rewrite *r) {
    const lwi_graph *g = r->graph;
    const size_t uses = r->cap_uses, anchors = r->cap_anchors;
    LW_TRY(lwi_arena_grow(&r->scratch, &r->uses, &r->cap_uses, g->n_slots, sizeof *r->uses));
    LW_TRY(
        lwi_arena_grow(&r->scratch, &r->anchors, &r->cap_anchors, g->n_nodes, sizeof *r->anchors));
    for (size_t i = uses; i < r->cap_uses; i++)
        r->uses[i] = (lwi_use){.producer = -1, .forward = -1};
    for (size_t i = anchors; i < r->cap_anchors; i++)
        r->anchors[i] = i;
    return LW_OK;
}

static int resolve(const lwi_rewrite *r, int value) {
    while (value >= 0 && r->uses[value].forward >= 0)
        value = r->uses[value].forward;
    return value;
}

static void add_read(lwi_rewrite *r, int value, size_t node) {
    if (value < 0) return;
    lwi_use *u = &r->uses[resolve(r, value)];
    u->n++;
    u->sum += node;
}

static void drop_read(lwi_rewrite *r, int value, size_t node) {
    if (value < 0) return;
    lwi_use *u = &r->uses[resolve(r, value)];
    u->n--;
    u->sum -= node;
}

static void pin_captures(lwi_rewrite *r, const lwi_node *node) {
    for (size_t a = 0; a < node->n_attrs; a++) {
        if (node->attrs[a].kind != LWI_ATTR_GRAPH) continue;
        const lwi_graph *sub = node->attrs[a].graph;
        for (size_t c = 0; c < sub->n_captures; c++)
            r->uses[sub->captures[c].outer].pinned = true;
    }
}

static void index_node(lwi_rewrite *r, size_t i) {
    const lwi_node *node = &r->graph->nodes[i];
    for (size_t k = 0; k < node->n_inputs; k++)
        add_read(r, node->inputs[k], i);
    for (size_t k = 0; k < node->n_outputs; k++)
        if (node->outputs[k] >= 0) r->uses[node->outputs[k]].producer = (int)i;
    pin_captures(r, node);
}

lw_status lwi_rewrite_open(lwi_rewrite *r, lwi_network *network, lwi_graph *graph,
                           lwi_shapes *shapes) {
    *r = (lwi_rewrite){.network = network, .graph = graph, .shapes = shapes};
    lwi_arena_init(&r->scratch, &graph->arena->allocator);
    LW_TRY(grow(r));
    for (size_t i = 0; i < graph->n_nodes; i++)
        index_node(r, i);
    for (size_t i = 0; i < graph->n_outputs; i++)
        r->uses[graph->outputs[i]].pinned = true;
    return LW_OK;
}

/* ----------------------------------------------------------------- looking */

lwi_node *lwi_producer(const lwi_rewrite *r, int value) {
    value = resolve(r, value);
    if (value < 0 || r->uses[value].producer < 0) return NULL;
    return lwi_rewrite_node(r, (size_t)r->uses[value].producer);
}

lwi_node *lwi_only_reader(const lwi_rewrite *r, int value) {
    value = resolve(r, value);
    if (value < 0 || r->uses[value].n != 1 || r->uses[value].pinned) return NULL;
    return lwi_rewrite_node(r, r->uses[value].sum);
}

bool lwi_is_pinned(const lwi_rewrite *r, int value) {
    return value >= 0 && r->uses[resolve(r, value)].pinned;
}

bool lwi_is_read(const lwi_rewrite *r, int value) {
    if (value < 0) return false;
    const lwi_use *u = &r->uses[resolve(r, value)];
    return u->n > 0 || u->pinned;
}

size_t lwi_read_count(const lwi_rewrite *r, int value) {
    return value < 0 ? 0 : r->uses[resolve(r, value)].n;
}

int lwi_input(const lwi_rewrite *r, const lwi_node *node, size_t i) {
    return i < node->n_inputs ? resolve(r, node->inputs[i]) : -1;
}

const lw_value *lwi_constant(const lwi_rewrite *r, int value) {
    value = resolve(r, value);
    if (value < 0 || !r->graph->slots[value].constant) return NULL;
    for (size_t i = 0; r->graph->open_defaults && i < r->graph->n_inputs; i++)
        if (r->graph->inputs[i] == value) return NULL;
    return r->graph->slots[value].constant;
}

bool lwi_constant_number(const lwi_rewrite *r, int value, double *number) {
    const lw_value *v = lwi_constant(r, value);
    if (!v || v->kind != LW_KIND_TENSOR || v->count != 1 || !v->data) return false;
    if (!lwi_dtype_is_float(v->dtype) && !lwi_dtype_is_integer(v->dtype) && v->dtype != LW_BOOL)
        return false;
    *number = lwi_get_double(v, 0);
    return true;
}

int lwi_weight_of(const lwi_rewrite *r, int value) {
    const lwi_node *maker = lwi_producer(r, value);
    const lw_value *v = maker ? lwi_constant(r, lwi_input(r, maker, 0)) : NULL;
    if (!v || !lwi_node_is(maker, "", "Cast")) return value;
    return v->dtype == LW_FLOAT16 || v->dtype == LW_BFLOAT16 ? lwi_input(r, maker, 0) : value;
}

bool lwi_node_is(const lwi_node *node, const char *domain, const char *op_type) {
    return node && node->op && !strcmp(node->op->name, op_type) &&
           !strcmp(node->op->domain, domain);
}

/* ---------------------------------------------------------------- changing */

lw_status lwi_rewrite_insert(lwi_rewrite *r, size_t before, const char *domain, const char *op_type,
                             const int *inputs, size_t n_inputs, const int *outputs,
                             size_t n_outputs, lwi_node **node) {
    lwi_arena *arena = r->graph->arena;
    lwi_node n = {.name = r->graph->nodes[before].name,
                  .overload = "",
                  .op = lwi_op_find(domain, op_type),
                  .n_inputs = n_inputs,
                  .n_outputs = n_outputs};
    if (!n.op) return lwi_fail(LW_INTERNAL, "a pass made a node %s.%s", domain, op_type);
    n.domain = n.op->domain;
    n.op_type = n.op->name;
    LW_TRY(lwi_arena_copy(arena, inputs, n_inputs * sizeof *inputs, &n.inputs));
    LW_TRY(lwi_arena_copy(arena, outputs, n_outputs * sizeof *outputs, &n.outputs));
    LW_TRY(lwi_graph_append(r->graph, &n));
    LW_TRY(grow(r));
    const size_t at = r->graph->n_nodes - 1;
    r->anchors[at] = r->anchors[before];
    index_node(r, at);
    r->changed = true;
    *node = &r->graph->nodes[at];
    return LW_OK;
}

void lwi_rewrite_remove(lwi_rewrite *r, lwi_node *node) {
    const size_t at = (size_t)(node - r->graph->nodes);
    for (size_t k = 0; k < node->n_inputs; k++)
        drop_read(r, node->inputs[k], at);
    for (size_t k = 0; k < node->n_outputs; k++)
        if (node->outputs[k] >= 0 && r->uses[node->outputs[k]].producer == (int)at)
            r->uses[node->outputs[k]].producer = -1;
    node->op = NULL;
    r->changed = true;
}

lw_status lwi_rewrite_set_input(lwi_rewrite *r, lwi_node *node, size_t i, int value) {
    const size_t at = (size_t)(node - r->graph->nodes);
    if (i < node->n_inputs) drop_read(r, node->inputs[i], at);
    LW_TRY(lwi_node_set_input(r->graph->arena, node, i, value));
    add_read(r, value, at);
    r->changed = true;
    return LW_OK;
}

void lwi_rewrite_set_output(lwi_rewrite *r, lwi_node *node, size_t i, int value) {
    const int old = node->outputs[i];
    if (old >= 0) r->uses[old].producer = -1;
    node->outputs[i] = value;
    r->uses[value].producer = (int)(node - r->graph->nodes);
    r->changed = true;
}

void lwi_rewrite_become(lwi_rewrite *r, lwi_node *node, const char *domain, const char *op_type) {
    const lwi_op_entry *op = lwi_op_find(domain, op_type);
    if (!op) return;
    node->op = op;
    node->domain = op->domain;
    node->op_type = op->name;
    r->changed = true;
}

bool lwi_rewrite_forward(lwi_rewrite *r, int from, int to) {
    from = resolve(r, from);
    to = resolve(r, to);
    if (from < 0 || to < 0 || r->uses[from].pinned || from == to) return false;
    r->uses[to].n += r->uses[from].n;
    r->uses[to].sum += r->uses[from].sum;
    r->uses[from].n = r->uses[from].sum = 0;
    r->uses[from].forward = to;
    r->changed = true;
    return true;
}

lw_status lwi_rewrite_value(lwi_rewrite *r, const char *prefix, lw_dtype dtype, int rank,
                            const int64_t *dims, int *value) {
    LW_TRY(lwi_graph_temporary(r->graph, prefix, value));
    LW_TRY(lwi_shapes_set(r->shapes, *value, dtype, rank, dims));
    return grow(r);
}

lw_status lwi_rewrite_constant(lwi_rewrite *r, const char *prefix, lw_dtype dtype, int rank,
                               const int64_t *dims, const void *data, int *value) {
    lw_value *v = NULL;
    size_t count, bytes;
    void *copy = NULL;
    LW_TRY(lwi_shape_bytes(dtype, rank, dims, &count, &bytes));
    LW_TRY(lwi_arena_copy(r->graph->arena, data, bytes, &copy));
    LW_TRY(lwi_network_tensor(r->network, dtype, rank, dims, copy, &v));
    LW_TRY(lwi_rewrite_value(r, prefix, dtype, rank, dims, value));
    r->graph->slots[*value].constant = v;
    return LW_OK;
}

lw_status lwi_rewrite_weights(lwi_rewrite *r, const char *prefix, lw_dtype dtype, int rank,
                              const int64_t *dims, void **data, int *value) {
    const lw_allocator *allocator = &r->graph->arena->allocator;
    lw_value *constant = NULL;
    lwi_storage *storage = NULL;
    size_t count, bytes;
    LW_TRY(lwi_shape_bytes(dtype, rank, dims, &count, &bytes));
    LW_TRY(lwi_rewrite_value(r, prefix, dtype, rank, dims, value));
    LW_TRY(lwi_alloc(allocator, bytes, data));
    lw_status status = lwi_storage_make(allocator, *data, &storage);
    if (status == LW_OK)
        status = lwi_network_tensor(r->network, dtype, rank, dims, *data, &constant);
    if (status != LW_OK) {
        if (storage) lwi_storage_release(storage);
        else lwi_free(allocator, *data);
        return status;
    }
    constant->storage = storage;
    r->graph->slots[*value].constant = constant;
    return LW_OK;
}

lw_status lwi_rewrite_set_ints(lwi_rewrite *r, lwi_node *node, const char *name,
                               const int64_t *ints, size_t n) {
    lwi_attr attr = {.name = name, .kind = LWI_ATTR_INTS, .n = n};
    LW_TRY(lwi_arena_copy(r->graph->arena, ints, n * sizeof *ints, &attr.ints));
    r->changed = true;
    return lwi_node_set_attr(r->graph->arena, node, &attr);
}

lw_status lwi_rewrite_set_floats(lwi_rewrite *r, lwi_node *node, const char *name,
                                 const float *floats, size_t n) {
    lwi_attr attr = {.name = name, .kind = LWI_ATTR_FLOATS, .n = n};
    LW_TRY(lwi_arena_copy(r->graph->arena, floats, n * sizeof *floats, &attr.floats));
    r->changed = true;
    return lwi_node_set_attr(r->graph->arena, node, &attr);
}

/* ------------------------------------------------------------------ the end */

static bool is_dead(const lwi_rewrite *r, const lwi_node *node) {
    for (size_t k = 0; k < node->n_outputs; k++)
        if (lwi_is_read(r, node->outputs[k])) return false;
    return true;
}

/* Nodes that were added may stand after those that read them, so one walk may not be enough. */
size_t lwi_rewrite_sweep(lwi_rewrite *r) {
    size_t removed = 0, before;
    do {
        before = removed;
        for (size_t i = r->graph->n_nodes; i-- > 0;) {
            lwi_node *node = lwi_rewrite_node(r, i);
            if (!node || !is_dead(r, node)) continue;
            lwi_rewrite_remove(r, node);
            removed++;
        }
    } while (removed > before);
    return removed;
}

/* Nodes that were added move to their anchors; holes go. */
static lw_status order(lwi_rewrite *r) {
    lwi_graph *g = r->graph;
    size_t *first = NULL, kept = 0;
    lwi_node *sorted = NULL;
    LW_TRY(lwi_arena_alloc(&r->scratch, g->n_nodes + 2, sizeof *first, &first));
    LW_TRY(lwi_arena_alloc(&r->scratch, g->n_nodes, sizeof *sorted, &sorted));
    for (size_t i = 0; i < g->n_nodes; i++)
        if (g->nodes[i].op) first[r->anchors[i] + 1]++;
    for (size_t i = 0; i < g->n_nodes; i++)
        first[i + 1] += first[i];
    for (size_t i = 0; i < g->n_nodes; i++)
        if (g->nodes[i].op && r->anchors[i] != i) sorted[first[r->anchors[i]]++] = g->nodes[i];
    for (size_t i = 0; i < g->n_nodes; i++)
        if (g->nodes[i].op && r->anchors[i] == i) sorted[first[i]++] = g->nodes[i];
    for (size_t i = 0; i < g->n_nodes; i++)
        kept += g->nodes[i].op != NULL;
    memcpy(g->nodes, sorted, kept * sizeof *sorted);
    g->n_nodes = kept;
    return lwi_graph_sort(g);
}

lw_status lwi_rewrite_close(lwi_rewrite *r, lw_status status) {
    lwi_graph *g = r->graph;
    if (r->changed) lwi_rewrite_sweep(r);
    for (size_t i = 0; r->changed && i < g->n_nodes; i++)
        for (size_t k = 0; k < g->nodes[i].n_inputs; k++)
            g->nodes[i].inputs[k] = resolve(r, g->nodes[i].inputs[k]);
    if (status == LW_OK && r->changed) status = order(r);
    lwi_arena_free(&r->scratch);
    return status;
}
