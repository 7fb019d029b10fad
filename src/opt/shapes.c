/* SPDX-License-Identifier: MIT */
#include "opt/shapes.h"

#include "ops/op.h"
#include "ops/probe.h"
#include "ops/registry.h"

#include <stdlib.h>
#include <string.h>

/* Graphs with more values are left without shapes: their passes would take longer than they gain.
 */
enum { MOST_VALUES = 1 << 17, MOST_SIZES = 256, ROUNDS = 4 };

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
    lwi_prober probe; /* of one round */
} prober;

/* ------------------------------------------------------------ made-up sizes */

/* A dimension with a name has the same size wherever the name stands. First dimensions, which are
 * mostly batches, are small; others are multiples of 64, so that networks that halve their input
 * several times fit together. The last round has sizes beside which strides of hundreds are small:
 * a signal of 64 and one of 128 numbers both make one step of a convolution with such a stride. */
static int64_t made_up(prober *p, term name, int axis) {
    int i = 0;
    while (i < p->n_sizes && !(name.text && p->names[i].text && p->names[i].n == name.n &&
                               !memcmp(p->names[i].text, name.text, name.n)))
        i++;
    if (i == p->n_sizes && i < MOST_SIZES) p->names[p->n_sizes++] = name;
    static const int64_t first[ROUNDS] = {2, 3, 1, 1 << 14}, other[ROUNDS] = {64, 128, 0, 1 << 15};
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
    const lw_status status = lwi_probe_give(&p->probe, id, dtype, rank, sizes);
    return status == LW_NO_MEMORY ? status : LW_OK;
}

static lw_status give_all(prober *p) {
    const lwi_graph *g = p->graph;
    for (size_t i = 0; i < g->n_slots; i++) {
        const lw_value *v = g->slots[i].constant;
        if (v) LW_TRY(lwi_probe_set(&p->probe, (int)i, v));
    }
    for (size_t i = 0; i < g->n_inputs; i++) {
        const lwi_type *t = &g->slots[g->inputs[i]].type;
        if (g->slots[g->inputs[i]].constant && !g->open_defaults) continue;
        LW_TRY(lwi_probe_set(&p->probe, g->inputs[i], NULL)); /* a default may be replaced */
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

static bool is_input(const lwi_graph *g, int id) {
    for (size_t i = 0; i < g->n_inputs; i++)
        if (g->inputs[i] == id) return true;
    return false;
}

static bool broadcasts(const lwi_node *node) {
    if (node->n_inputs != 2 || node->n_outputs != 1 || node->inputs[0] < 0 || node->inputs[1] < 0)
        return false;
    const lwi_op *op = node->op->op;
    return op->infer == lwi_infer_broadcast || op->infer == lwi_infer_broadcast_bool;
}

/* An input of the graph does not broadcast to the other input of the node, because a size of it was
 * made up (that of a mask, say, whose keys are those of two other inputs together): it gets the
 * size of the other one. */
static bool correct(prober *p, const lwi_node *node, size_t which) {
    const int id = node->inputs[which];
    const lwi_type *t = &p->graph->slots[id].type;
    const lw_value *given = lwi_probed(&p->probe, id);
    const lw_value *other = lwi_probed(&p->probe, node->inputs[1 - which]);
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
    return changed && lwi_probe_give(&p->probe, id, given->dtype, given->rank, dims) == LW_OK;
}

/* A node that cannot be inferred, or fails, leaves its outputs unknown: the run will tell. */
static lw_status probe(prober *p, const lwi_node *node) {
    lw_status inferred = LW_OK;
    LW_TRY(lwi_probe_node(&p->probe, node, &inferred));
    if (inferred == LW_SHAPE && broadcasts(node) && (correct(p, node, 0) || correct(p, node, 1)))
        LW_TRY(lwi_probe_node(&p->probe, node, &inferred));
    p->failures += inferred != LW_OK && inferred != LWI_LATER;
    return LW_OK;
}

/* ------------------------------------------------------------------ rounds */

static lw_status keep_first(prober *p, size_t i) {
    const lw_value *v = lwi_probed(&p->probe, (int)i);
    if (!v || v->kind != LW_KIND_TENSOR) return LW_OK;
    return lwi_shapes_set(p->shapes, (int)i, v->dtype, v->rank, v->dims);
}

/* A negative number made from the sizes of two rounds. */
static int64_t mark(int64_t first, int64_t second) {
    const int64_t low = INT64_C(0x3fffffff);
    return -((first & low) << 30 | (second & low)) - 1;
}

/* The rounds with ones and with large sizes fit few networks: others they tell nothing of. */
static void compare(prober *p, size_t i) {
    lwi_shape *s = &p->shapes->of[i];
    const lw_value *v = lwi_probed(&p->probe, (int)i);
    if (!v && p->round >= 2) return;
    if (!v || v->dtype != s->dtype || v->rank != s->rank) {
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
    LW_TRY(give_all(p));
    for (size_t i = 0; i < g->n_nodes; i++)
        LW_TRY(probe(p, &g->nodes[i]));
    for (size_t i = 0; i < g->n_slots; i++)
        if (p->round == 0) LW_TRY(keep_first(p, i));
        else compare(p, i);
    return LW_OK;
}

/* Rounds [from, to). */
static lw_status run_rounds(prober *p, int from, int to) {
    lw_status status = LW_OK;
    p->failures = 0;
    for (p->round = from; p->round < to && status == LW_OK; p->round++) {
        if (p->round > 0 && p->n_sizes == 0) break; /* nothing was made up */
        lwi_prober_init(&p->probe, p->graph);
        status = run_round(p);
        lwi_prober_free(&p->probe);
    }
    return status;
}

/* A signal wants sizes of thousands, text less than the places that its network has learnt: the
 * scale is the one that fits more nodes. */
lw_status lwi_shapes_find(lwi_shapes *shapes, lwi_graph *graph, const lwi_shapes *parent) {
    enum { LARGE = 32 };
    prober p = {.graph = graph, .shapes = shapes, .parent = parent, .scale = 1};
    if (graph->n_slots == 0 || graph->n_slots > MOST_VALUES) return LW_OK;
    LW_TRY(lwi_shapes_set(shapes, (int)graph->n_slots - 1, LW_DTYPE_NONE, -1, NULL));
    LW_TRY(run_rounds(&p, 0, 1));
    if (p.failures > 0 && p.n_sizes > 0) {
        const size_t failures = p.failures;
        p.scale = LARGE;
        LW_TRY(run_rounds(&p, 0, 1));
        if (p.failures >= failures) {
            p.scale = 1;
            LW_TRY(run_rounds(&p, 0, 1));
        }
    }
    return run_rounds(&p, 1, ROUNDS);
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
