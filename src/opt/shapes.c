/* SPDX-License-Identifier: MIT */
#include "opt/shapes.h"

#include "ops/known.h"

#include <stdlib.h>
#include <string.h>

/* Graphs with more values are left without shapes: their passes would take longer than they gain.
 */
enum { MOST_VALUES = 1 << 17, MOST_SIZES = 256, ROUNDS = 3 };

/* A name, or a term of one like "past + 1". */
typedef struct term {
    const char *text; /* NULL: a size that has no name */
    size_t n;
} term;

typedef struct prober {
    lwi_graph *graph;
    lwi_shapes *shapes;
    const lwi_shapes *parent;
    int round;
    int64_t scale;          /* of sizes that are made up */
    size_t failures;        /* nodes that these sizes do not fit */
    term names[MOST_SIZES]; /* of sizes that are made up */
    int n_sizes;
    lwi_arena memory; /* of one round */
    lw_value *values; /* [slots] */
    bool *have;       /* [slots] */
    const lw_value **in;
    lw_value **out;
    bool *declared;
    lwi_host host;
} prober;

/* ------------------------------------------------------------ made-up sizes */

/* A dimension with a name has the same size wherever the name stands. First dimensions, which are
 * mostly batches, are small; others are multiples of 64, so that networks that halve their input
 * several times fit together. */
static int64_t made_up(prober *p, term name, int axis) {
    int i = 0;
    while (i < p->n_sizes && !(name.text && p->names[i].text && p->names[i].n == name.n &&
                               !memcmp(p->names[i].text, name.text, name.n)))
        i++;
    if (i == p->n_sizes && i < MOST_SIZES) p->names[p->n_sizes++] = name;
    static const int64_t first[ROUNDS] = {2, 3, 1}, other[ROUNDS] = {64, 128, 0};
    if (axis == 0) return first[p->round];
    return p->scale * other[p->round] * (i + 1) + (other[p->round] == 0);
}

/* Exporters name a dimension "past + sequence" or "past + 1" if it is a sum. */
static int64_t made_up_sum(prober *p, const char *name, int axis) {
    int64_t sum = 0;
    if (!name) return made_up(p, (term){0}, axis);
    for (const char *end; name; name = end ? end + 3 : NULL) {
        end = strstr(name, " + ");
        const size_t n = end ? (size_t)(end - name) : strlen(name);
        const bool number = n > 0 && n < 6 && strspn(name, "0123456789") >= n;
        const int64_t size = number ? strtol(name, NULL, 10) : made_up(p, (term){name, n}, axis);
        sum = sum < INT32_MAX ? sum + size : sum;
    }
    return sum;
}

static lw_status give(prober *p, int id, lw_dtype dtype, int rank, const int64_t *dims,
                      const char *const *names) {
    int64_t sizes[LW_MAX_RANK];
    if (dtype == LW_DTYPE_NONE || rank < 0) return LW_OK;
    for (int d = 0; d < rank; d++)
        sizes[d] = dims[d] > 0 ? dims[d] : made_up_sum(p, names ? names[d] : NULL, d);
    p->have[id] = lwi_tensor_init(&p->values[id], dtype, rank, sizes, NULL) == LW_OK;
    return LW_OK;
}

static lw_status give_all(prober *p) {
    const lwi_graph *g = p->graph;
    for (size_t i = 0; i < g->n_slots; i++) {
        const lw_value *v = g->slots[i].constant;
        if (!v) continue;
        memcpy(&p->values[i], v, sizeof *v);
        p->have[i] = true;
    }
    for (size_t i = 0; i < g->n_inputs; i++) {
        const lwi_type *t = &g->slots[g->inputs[i]].type;
        if (g->slots[g->inputs[i]].constant && !g->open_defaults) continue;
        p->have[g->inputs[i]] = false; /* a default value may be replaced */
        if (t->declared && t->kind == LW_KIND_TENSOR)
            LW_TRY(give(p, g->inputs[i], t->dtype ? t->dtype : LW_FLOAT32, t->rank, t->dims,
                        t->dim_names));
    }
    for (size_t i = 0; i < g->n_captures && p->parent; i++) {
        const lwi_shape *s = lwi_shape_of(p->parent, g->captures[i].outer);
        LW_TRY(give(p, g->captures[i].inner, s->dtype, s->rank, s->dims, NULL));
    }
    return LW_OK;
}

/* ------------------------------------------------------------------- nodes */

static bool gather(prober *p, const lwi_node *node, size_t *n_in) {
    *n_in = 0;
    for (size_t i = 0; i < node->n_inputs; i++) {
        const int id = node->inputs[i];
        p->in[i] = NULL;
        if (id < 0) continue;
        if (!p->have[id]) return false;
        p->in[i] = &p->values[id];
        *n_in = i + 1;
    }
    return true;
}

static void prepare(prober *p, const lwi_node *node) {
    for (size_t k = 0; k < node->n_outputs; k++) {
        const int id = node->outputs[k];
        p->declared[k] = false;
        p->out[k] = id < 0 ? NULL : &p->values[id];
        if (id < 0) continue;
        memset(p->out[k], 0, sizeof *p->out[k]);
        atomic_init(&p->out[k]->refs, 1);
        p->out[k]->embedded = true;
        p->out[k]->allocator = p->host.allocator;
    }
}

static bool is_input(const lwi_graph *g, int id) {
    for (size_t i = 0; i < g->n_inputs; i++)
        if (g->inputs[i] == id) return true;
    return false;
}

/* An input of the graph does not broadcast to the other input of the node, because a size of it was
 * made up (that of a mask, say, whose keys are those of two other inputs together): it gets the
 * size of the other one. */
static bool correct(prober *p, const lwi_node *node, size_t which) {
    const int id = node->inputs[which];
    const lwi_type *t = &p->graph->slots[id].type;
    const lw_value *given = p->in[which], *other = p->in[1 - which];
    int64_t dims[LW_MAX_RANK];
    bool changed = false;
    if (!is_input(p->graph, id) || !t->declared || t->rank != given->rank ||
        given->rank > other->rank)
        return false;
    for (int d = 0; d < given->rank; d++) {
        const int64_t size = other->dims[other->rank - given->rank + d];
        const bool wrong = t->dims[d] <= 0 && size != given->dims[d] && size > 1;
        dims[d] = wrong ? size : given->dims[d];
        changed |= wrong;
    }
    return changed &&
           lwi_tensor_init(&p->values[id], given->dtype, given->rank, dims, NULL) == LW_OK;
}

static lw_status infer(prober *p, lwi_call *call) {
    const lwi_node *node = call->node;
    prepare(p, node);
    const lw_status status = lwi_call_infer(call);
    if (status != LW_SHAPE || call->n_in != 2 || !p->in[0] || node->n_outputs != 1) return status;
    if (!correct(p, node, 0) && !correct(p, node, 1)) return status;
    prepare(p, node);
    return lwi_call_infer(call);
}

/* A node that cannot be inferred, or fails, leaves its outputs unknown: the run will tell. */
static lw_status probe(prober *p, const lwi_node *node) {
    lwi_call call = {.node = node,
                     .in = p->in,
                     .out = p->out,
                     .n_out = node->n_outputs,
                     .declared = p->declared,
                     .host = &p->host,
                     .state = &p->memory};
    if (!node->op || !gather(p, node, &call.n_in)) return LW_OK;
    const lw_status status = infer(p, &call);
    if (status == LW_NO_MEMORY) return status;
    p->failures += status != LW_OK && status != LWI_LATER;
    if (status != LW_OK && (status != LWI_LATER || node->op->op->infer)) return LW_OK;
    if (!lwi_know(&call, &p->memory) && status != LW_OK) return LW_OK;
    for (size_t k = 0; k < node->n_outputs; k++)
        if (p->out[k]) p->have[node->outputs[k]] = p->out[k]->kind == LW_KIND_TENSOR;
    return LW_OK;
}

static lw_status allocate(prober *p) {
    const lwi_graph *g = p->graph;
    size_t max_in = 1, max_out = 1;
    for (size_t i = 0; i < g->n_nodes; i++) {
        if (g->nodes[i].n_inputs > max_in) max_in = g->nodes[i].n_inputs;
        if (g->nodes[i].n_outputs > max_out) max_out = g->nodes[i].n_outputs;
    }
    LW_TRY(lwi_arena_alloc(&p->memory, g->n_slots, sizeof *p->values, &p->values));
    LW_TRY(lwi_arena_alloc(&p->memory, g->n_slots, sizeof *p->have, &p->have));
    LW_TRY(lwi_arena_alloc(&p->memory, max_in, sizeof *p->in, &p->in));
    LW_TRY(lwi_arena_alloc(&p->memory, max_out, sizeof *p->out, &p->out));
    return lwi_arena_alloc(&p->memory, max_out, sizeof *p->declared, &p->declared);
}

/* ------------------------------------------------------------------ rounds */

static lw_status probe_memory(void *memory, size_t bytes, void **block) {
    return lwi_arena_alloc(memory, bytes, 1, block);
}

static lw_status keep_first(prober *p, size_t i) {
    const lw_value *v = &p->values[i];
    if (!p->have[i] || v->kind != LW_KIND_TENSOR) return LW_OK;
    return lwi_shapes_set(p->shapes, (int)i, v->dtype, v->rank, v->dims);
}

/* A negative number made from the sizes of two rounds. */
static int64_t mark(int64_t first, int64_t second) {
    const int64_t low = INT64_C(0x3fffffff);
    return -((first & low) << 30 | (second & low)) - 1;
}

/* The round with ones fits few networks: where it does not, it says nothing. */
static void compare(prober *p, size_t i) {
    lwi_shape *s = &p->shapes->of[i];
    const lw_value *v = &p->values[i];
    if (!p->have[i] && p->round == ROUNDS - 1) return;
    if (!p->have[i] || v->dtype != s->dtype || v->rank != s->rank) {
        *s = (lwi_shape){LW_DTYPE_NONE, -1, NULL};
        return;
    }
    for (int d = 0; d < s->rank; d++)
        if (s->dims[d] >= 0 && s->dims[d] != v->dims[d])
            ((int64_t *)s->dims)[d] = mark(s->dims[d], v->dims[d]);
}

static lw_status run_round(prober *p) {
    lwi_graph *g = p->graph;
    p->n_sizes = 0;
    LW_TRY(allocate(p));
    LW_TRY(give_all(p));
    for (size_t i = 0; i < g->n_nodes; i++)
        LW_TRY(probe(p, &g->nodes[i]));
    for (size_t i = 0; i < g->n_slots; i++)
        if (p->round == 0) LW_TRY(keep_first(p, i));
        else compare(p, i);
    return LW_OK;
}

static lw_status run_rounds(prober *p, int rounds) {
    lw_status status =
        lwi_shapes_set(p->shapes, (int)p->graph->n_slots - 1, LW_DTYPE_NONE, -1, NULL);
    p->failures = 0;
    for (p->round = 0; p->round < rounds && status == LW_OK; p->round++) {
        if (p->round > 0 && p->n_sizes == 0) break; /* nothing was made up */
        lwi_arena_init(&p->memory, &p->graph->arena->allocator);
        status = run_round(p);
        lwi_arena_free(&p->memory);
    }
    return status;
}

/* A signal wants sizes of thousands, text less than the places that its network has learnt: the
 * scale is the one that fits more nodes. */
lw_status lwi_shapes_find(lwi_shapes *shapes, lwi_graph *graph, const lwi_shapes *parent) {
    enum { LARGE = 32 };
    prober p = {.graph = graph, .shapes = shapes, .parent = parent, .scale = 1};
    p.host = (lwi_host){
        .memory = probe_memory, .bytes = probe_memory, .allocator = graph->arena->allocator};
    if (graph->n_slots == 0 || graph->n_slots > MOST_VALUES) return LW_OK;
    LW_TRY(run_rounds(&p, 1));
    if (p.failures > 0 && p.n_sizes > 0) {
        const size_t failures = p.failures;
        p.scale = LARGE;
        LW_TRY(run_rounds(&p, 1));
        if (p.failures >= failures) p.scale = 1;
    }
    return run_rounds(&p, ROUNDS);
}

lw_status lwi_shapes_set(lwi_shapes *shapes, int value, lw_dtype dtype, int rank,
                         const int64_t *dims) {
    const size_t need = (size_t)value + 1;
    const size_t old = shapes->cap;
    LW_TRY(lwi_arena_grow(&shapes->memory, &shapes->of, &shapes->cap, need, sizeof *shapes->of));
    for (size_t i = old; i < shapes->cap; i++)
        shapes->of[i].rank = -1;
    if (need > shapes->n) shapes->n = need;
    lwi_shape *s = &shapes->of[value];
    s->dtype = dtype;
    s->rank = rank;
    s->dims = NULL;
    return rank > 0 ? lwi_arena_copy(&shapes->memory, dims, (size_t)rank * sizeof *dims, &s->dims)
                    : LW_OK;
}

void lwi_shapes_free(lwi_shapes *shapes) { lwi_arena_free(&shapes->memory); }

bool lwi_shapes_equal(const lwi_shape *a, const lwi_shape *b) {
    if (a->rank < 0 || a->rank != b->rank) return false;
    for (int d = 0; d < a->rank; d++)
        if (a->dims[d] != b->dims[d]) return false;
    return true;
}
