/* SPDX-License-Identifier: MIT
 * Parts of a graph for a plug-in. Nodes are looked at in their order; one that is claimed joins the
 * first part that it may join, or begins a new one. It may join a part if no value that it reads
 * comes from that part by way of others: so that a part can be run as one node. What each node and
 * each part needs, directly or not, is a set of parts. What no value connects lies in different
 * parts, so that a run of an encoder needs no inputs of the decoder beside it. The bodies of nodes
 * that are left are divided in the same way. */
#include "run/vendor_plugin.h"

#include "ops/registry.h"

#include <stdio.h>
#include <string.h>

enum { MOST_PARTS = 64 }; /* bits of a set */

typedef struct partitioner {
    lwi_vendor_plugin *plugin;
    lwi_graph *graph;
    lwi_arena memory;
    lwi_shapes shapes;
    size_t first_note, first_part; /* of this graph: those of others stand before them */
    int *parts;                    /* [nodes] -1: none */
    uint64_t *needs;               /* [nodes] parts that a node without part needs */
    uint64_t of[MOST_PARTS];       /* parts that a part needs */
    int n_parts;
    int islands[MOST_PARTS]; /* of parts */
    int *island;             /* [slots] a value that is connected with it, by way of others to the
                                one that stands for all: island_of */
    int *producers;          /* [slots] node; -1 */
    int *inside;             /* [slots] of the part that is being made: its own slot; -1 */
} partitioner;

static int first_output(const lwi_node *node) {
    for (size_t k = 0; k < node->n_outputs; k++)
        if (node->outputs[k] >= 0) return node->outputs[k];
    return -1;
}

/* ------------------------------------------------------------------- claims */

static bool has_subgraph(const lwi_node *node) {
    for (size_t a = 0; a < node->n_attrs; a++)
        if (node->attrs[a].kind == LWI_ATTR_GRAPH) return true;
    return false;
}

static bool is_fixed(const partitioner *p, const lwi_node *node) {
    for (size_t k = 0; k < node->n_outputs; k++)
        if (node->outputs[k] >= 0 && lwi_shape_of(&p->shapes, node->outputs[k])->rank < 0)
            return false;
    return true;
}

/* *reason is NULL if the plug-in runs the node. */
static lw_status ask(partitioner *p, const lwi_node *node, const char **reason) {
    lw_plugin_node described;
    const lw_plugin *t = p->plugin->table;
    *reason = NULL;
    const bool whole = t->flags & LW_PLUGIN_WHOLE;
    if (!whole && has_subgraph(node)) *reason = "the processor chooses and repeats its bodies";
    else if (!whole && !strcmp(node->domain, "lampwick")) *reason = "ONNX has no such operator";
    else if (!whole && !is_fixed(p, node)) *reason = "its shape is not known before a run";
    if (*reason) return LW_OK;
    LW_TRY(lwi_plugin_describe(&p->memory, p->graph, &p->shapes, node, &described));
    const char *told = NULL;
    if (!t->claims(p->plugin->state, &described, &told))
        *reason = told ? told : "the plug-in does not run such a node";
    return LW_OK;
}

/* -------------------------------------------------------------------- joining */

/* Parts that a value needs, the one that makes it included. */
static uint64_t needs_of_value(const partitioner *p, int value) {
    const int node = p->producers[value];
    if (node < 0) return 0;
    const int part = p->parts[node];
    return part < 0 ? p->needs[node] : p->of[part] | UINT64_C(1) << part;
}

typedef struct reading {
    const partitioner *p;
    int part; /* whose own values do not count; -1: none */
    uint64_t needs;
} reading;

static void add_needs(void *arg, int value) {
    reading *r = arg;
    const int node = r->p->producers[value];
    if (node >= 0 && r->part >= 0 && r->p->parts[node] == r->part) return;
    r->needs |= needs_of_value(r->p, value);
}

static uint64_t needs_of_node(const partitioner *p, const lwi_node *node, int part) {
    reading r = {p, part, 0};
    lwi_node_each_read(node, add_needs, &r);
    return r.needs;
}

/* The part needs more: so do all that need it. */
static void widen(partitioner *p, size_t n_nodes, int part, uint64_t more) {
    const uint64_t bit = UINT64_C(1) << part;
    if (!(more & ~p->of[part])) return;
    p->of[part] |= more;
    for (int i = 0; i < p->n_parts; i++)
        if (p->of[i] & bit) p->of[i] |= p->of[part];
    for (size_t i = 0; i < n_nodes; i++)
        if (p->needs[i] & bit) p->needs[i] |= p->of[part];
}

/* -------------------------------------------------------------------- islands */

static int island_of(const partitioner *p, int value) {
    while (p->island[value] != value)
        value = p->island[value] = p->island[p->island[value]];
    return value;
}

typedef struct bridge {
    const partitioner *p;
    int from;
} bridge;

static void connect(void *arg, int value) {
    const bridge *b = arg;
    if (!b->p->graph->slots[value].constant)
        b->p->island[island_of(b->p, value)] = island_of(b->p, b->from);
}

/* A node connects all that it reads and makes, but for constants. */
static lw_status find_islands(partitioner *p) {
    const lwi_graph *g = p->graph;
    LW_TRY(lwi_arena_alloc(&p->memory, g->n_slots, sizeof *p->island, &p->island));
    for (size_t s = 0; s < g->n_slots; s++)
        p->island[s] = (int)s;
    for (size_t i = 0; i < g->n_nodes; i++) {
        const lwi_node *node = &g->nodes[i];
        bridge b = {p, first_output(node)};
        if (b.from < 0) continue;
        lwi_node_each_read(node, connect, &b);
        for (size_t k = 0; k < node->n_outputs; k++)
            if (node->outputs[k] >= 0) connect(&b, node->outputs[k]);
    }
    return LW_OK;
}

static bool may_join(const partitioner *p, const lwi_node *node, int part) {
    const int first = first_output(node);
    const bool whole = p->plugin->table->flags & LW_PLUGIN_WHOLE;
    const bool together = whole || first < 0 || p->islands[part] == island_of(p, first);
    return together && !(needs_of_node(p, node, part) >> part & 1);
}

static bool join(partitioner *p, size_t index) {
    const lwi_node *node = &p->graph->nodes[index];
    const int first = first_output(node);
    int part = 0;
    while (part < p->n_parts && !may_join(p, node, part))
        part++;
    if (part == MOST_PARTS) return false;
    if (part == p->n_parts) {
        p->islands[part] = first < 0 ? -1 : island_of(p, first);
        p->of[p->n_parts++] = 0;
    }
    p->parts[index] = part;
    widen(p, index, part, needs_of_node(p, node, part));
    return true;
}

static lw_status note(partitioner *p, size_t index, const char *reason) {
    const lwi_node *node = &p->graph->nodes[index];
    lwi_node_note *n = &p->plugin->notes[p->first_note + index];
    lwi_arena *arena = &p->plugin->arena;
    n->part[0] = '\0';
    if (!reason)
        snprintf(n->part, sizeof n->part, "part %zu", p->first_part + (size_t)p->parts[index]);
    LW_TRY(lwi_arena_string(arena, node->name, strlen(node->name), &n->name));
    LW_TRY(lwi_arena_string(arena, node->op_type, strlen(node->op_type), &n->op_type));
    return lwi_arena_string(arena, reason ? reason : "", reason ? strlen(reason) : 0, &n->reason);
}

static lw_status assign(partitioner *p, size_t index) {
    const lwi_node *node = &p->graph->nodes[index];
    const char *reason = NULL;
    LW_TRY(ask(p, node, &reason));
    if (!reason && !join(p, index)) reason = "there are too many parts";
    if (reason) p->needs[index] = needs_of_node(p, node, -1);
    return note(p, index, reason);
}

/* ---------------------------------------------------------------- part to node */

static lw_status add_inside(partitioner *p, lwi_graph *body, int id) {
    const lwi_slot *slot = &p->graph->slots[id];
    LW_TRY(lwi_graph_define(body, slot->name, &p->inside[id]));
    lwi_slot *own = &body->slots[p->inside[id]];
    own->type = slot->type;
    if (slot->constant) own->constant = lwi_value_ref(slot->constant);
    return LW_OK;
}

static lw_status map_values(partitioner *p, lwi_graph *body, const int *ids, size_t n,
                            int **mapped) {
    LW_TRY(lwi_arena_alloc(body->arena, n, sizeof **mapped, mapped));
    for (size_t i = 0; i < n; i++) {
        (*mapped)[i] = -1;
        if (ids[i] < 0) continue;
        if (p->inside[ids[i]] < 0) LW_TRY(add_inside(p, body, ids[i]));
        (*mapped)[i] = p->inside[ids[i]];
    }
    return LW_OK;
}

static lw_status fill_body(partitioner *p, lwi_graph *body, int part) {
    for (size_t i = 0; i < p->graph->n_nodes; i++) {
        if (p->parts[i] != part) continue;
        lwi_node node = p->graph->nodes[i];
        LW_TRY(map_values(p, body, node.inputs, node.n_inputs, &node.inputs));
        LW_TRY(map_values(p, body, node.outputs, node.n_outputs, &node.outputs));
        LW_TRY(lwi_graph_append(body, &node));
    }
    return LW_OK;
}

static void mark(void *marks, int value) { ((bool *)marks)[value] = true; }

/* Values of the part that something outside reads. */
static lw_status find_leaving(partitioner *p, int part, bool **leaving) {
    const lwi_graph *g = p->graph;
    bool *read = NULL;
    LW_TRY(lwi_arena_alloc(&p->memory, g->n_slots, sizeof *read, &read));
    for (size_t i = 0; i < g->n_outputs; i++)
        read[g->outputs[i]] = true;
    for (size_t i = 0; i < g->n_nodes; i++)
        if (p->parts[i] != part) lwi_node_each_read(&g->nodes[i], mark, read);
    *leaving = read;
    return LW_OK;
}

static bool is_made_in(const partitioner *p, int slot, int part) {
    const int node = p->producers[slot];
    return node >= 0 && p->parts[node] == part;
}

typedef struct ends {
    const partitioner *p;
    lwi_graph *body;
    lwi_node *node;
    int part;
    const bool *leaving;
} ends;

static bool is_there(const int *ids, size_t n, int id) {
    for (size_t i = 0; i < n; i++)
        if (ids[i] == id) return true;
    return false;
}

static void add_end(const ends *e, int slot) {
    const int inside = e->p->inside[slot];
    lwi_graph *body = e->body;
    if (inside < 0) return;
    if (is_made_in(e->p, slot, e->part)) {
        if (!e->leaving[slot] || is_there(body->outputs, body->n_outputs, inside)) return;
        e->node->outputs[e->node->n_outputs++] = slot;
        body->outputs[body->n_outputs++] = inside;
    } else {
        if (e->p->graph->slots[slot].constant || is_there(body->inputs, body->n_inputs, inside))
            return;
        e->node->inputs[e->node->n_inputs++] = slot;
        body->inputs[body->n_inputs++] = inside;
    }
}

/* The ends of the part: ids in the graph for its node, and in the body. */
static lw_status find_ends(partitioner *p, lwi_graph *body, int part, lwi_node *node) {
    const lwi_graph *g = p->graph;
    bool *leaving = NULL;
    LW_TRY(find_leaving(p, part, &leaving));
    const size_t n = body->n_slots;
    LW_TRY(lwi_arena_alloc(g->arena, n, sizeof *node->inputs, &node->inputs));
    LW_TRY(lwi_arena_alloc(g->arena, n, sizeof *node->outputs, &node->outputs));
    LW_TRY(lwi_arena_alloc(g->arena, n, sizeof *body->inputs, &body->inputs));
    LW_TRY(lwi_arena_alloc(g->arena, n, sizeof *body->outputs, &body->outputs));
    const ends e = {p, body, node, part, leaving};
    for (size_t i = 0; i < g->n_inputs; i++) /* the model's own first, in their order */
        add_end(&e, g->inputs[i]);
    for (size_t i = 0; i < g->n_outputs; i++)
        add_end(&e, g->outputs[i]);
    for (size_t s = 0; s < g->n_slots; s++)
        add_end(&e, (int)s);
    return LW_OK;
}

static lw_status make_part(partitioner *p, int part, lwi_node *node) {
    char name[32];
    lwi_graph *body = NULL, *g = p->graph;
    lwi_attr attr = {.name = "part", .kind = LWI_ATTR_PART};
    snprintf(name, sizeof name, "part %zu", p->first_part + (size_t)part);
    for (size_t s = 0; s < g->n_slots; s++)
        p->inside[s] = -1;
    LW_TRY(lwi_graph_new(g->arena, g, name, &body));
    lw_status status = fill_body(p, body, part);
    *node = (lwi_node){.domain = "lampwick", .op_type = "Part", .overload = "", .name = body->name};
    node->op = lwi_op_find(node->domain, node->op_type);
    if (status == LW_OK) status = find_ends(p, body, part, node);
    attr.graph = body;
    if (status == LW_OK) status = lwi_node_set_attr(g->arena, node, &attr);
    if (status != LW_OK) lwi_graph_seal(body);
    return status;
}

/* The nodes outside and those of the parts, in an order in which each stands after what it needs.
 */
static lw_status replace(partitioner *p) {
    lwi_graph *g = p->graph;
    lwi_node *nodes = NULL;
    size_t n = 0;
    lw_status status = LW_OK;
    LW_TRY(lwi_arena_alloc(g->arena, g->n_nodes + (size_t)p->n_parts, sizeof *nodes, &nodes));
    LW_TRY(lwi_arena_alloc(&p->memory, g->n_slots, sizeof *p->inside, &p->inside));
    for (int part = 0; part < p->n_parts && status == LW_OK; part++, n += status == LW_OK)
        status = make_part(p, part, &nodes[n]);
    for (; status != LW_OK && n > 0; n--)
        lwi_graph_seal(nodes[n - 1].attrs[0].graph);
    LW_TRY(status);
    for (size_t i = 0; i < g->n_nodes; i++)
        if (p->parts[i] < 0) nodes[n++] = g->nodes[i];
    g->nodes = nodes;
    g->n_nodes = n;
    g->cap_nodes = n;
    return lwi_graph_sort(g);
}

/* --------------------------------------------------------------------- whole */

static lw_status check_rest(const lwi_vendor_plugin *v, bool fallback) {
    const bool whole = v->table->flags & LW_PLUGIN_WHOLE;
    size_t rest = 0, first = 0;
    for (size_t i = v->n_notes; i-- > 0;)
        if (!*v->notes[i].part) rest++, first = i;
    if (whole && (rest > 0 || v->n_parts > 1))
        return lwi_fail(LW_UNSUPPORTED, "%s runs whole models only, and not this one: %s",
                        v->table->name, rest ? v->notes[first].reason : "it is more than one part");
    if (rest == 0 || fallback) return LW_OK;
    return lwi_fail(LW_UNSUPPORTED,
                    "%s does not run %zu of %zu nodes, the first of them %s '%s': %s",
                    v->table->name, rest, v->n_notes, v->notes[first].op_type, v->notes[first].name,
                    v->notes[first].reason);
}

static lw_status find_producers(partitioner *p) {
    const lwi_graph *g = p->graph;
    LW_TRY(lwi_arena_alloc(&p->memory, g->n_slots, sizeof *p->producers, &p->producers));
    for (size_t s = 0; s < g->n_slots; s++)
        p->producers[s] = -1;
    for (size_t i = 0; i < g->n_nodes; i++)
        for (size_t k = 0; k < g->nodes[i].n_outputs; k++)
            if (g->nodes[i].outputs[k] >= 0) p->producers[g->nodes[i].outputs[k]] = (int)i;
    return LW_OK;
}

static lw_status assign_all(partitioner *p, const lwi_shapes *parent) {
    lwi_graph *g = p->graph;
    lwi_vendor_plugin *v = p->plugin;
    LW_TRY(lwi_shapes_find(&p->shapes, g, parent));
    LW_TRY(find_producers(p));
    LW_TRY(find_islands(p));
    LW_TRY(lwi_arena_alloc(&p->memory, g->n_nodes, sizeof *p->parts, &p->parts));
    LW_TRY(lwi_arena_alloc(&p->memory, g->n_nodes, sizeof *p->needs, &p->needs));
    LW_TRY(lwi_arena_grow(&v->arena, &v->notes, &v->cap_notes, v->n_notes + g->n_nodes,
                          sizeof *v->notes));
    p->first_note = v->n_notes;
    p->first_part = v->n_parts;
    v->n_notes += g->n_nodes;
    for (size_t i = 0; i < g->n_nodes; i++)
        p->parts[i] = -1;
    for (size_t i = 0; i < g->n_nodes; i++)
        LW_TRY(assign(p, i));
    v->n_parts += (size_t)p->n_parts;
    return LW_OK;
}

static lw_status divide(lwi_vendor_plugin *plugin, lwi_graph *graph, const lwi_shapes *parent);

/* An engine for whole models has taken them with their nodes, or nothing. */
static lw_status divide_bodies(const partitioner *p) {
    const lwi_graph *g = p->graph;
    if (p->plugin->table->flags & LW_PLUGIN_WHOLE) return LW_OK;
    for (size_t i = 0; i < g->n_nodes; i++)
        for (size_t a = 0; a < g->nodes[i].n_attrs; a++)
            if (g->nodes[i].attrs[a].kind == LWI_ATTR_GRAPH)
                LW_TRY(divide(p->plugin, g->nodes[i].attrs[a].graph, &p->shapes));
    return LW_OK;
}

static lw_status divide(lwi_vendor_plugin *plugin, lwi_graph *graph, const lwi_shapes *parent) {
    partitioner p = {.plugin = plugin, .graph = graph};
    lwi_arena_init(&p.memory, &graph->arena->allocator);
    lwi_arena_init(&p.shapes.memory, &graph->arena->allocator);
    lw_status status = assign_all(&p, parent);
    if (status == LW_OK) status = divide_bodies(&p);
    if (status == LW_OK) status = replace(&p);
    lwi_shapes_free(&p.shapes);
    lwi_arena_free(&p.memory);
    return status;
}

lw_status lwi_partition(lwi_vendor_plugin *plugin, lwi_network *network, bool fallback) {
    LW_TRY(divide(plugin, network->graph, NULL));
    return check_rest(plugin, fallback);
}
