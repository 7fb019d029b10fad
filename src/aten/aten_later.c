/* SPDX-License-Identifier: MIT
 * Types of values whose sizes are computed from data, so that what an operator infers is not there:
 * the element type and the number of dimensions are, and some sizes. The others are made up, and so
 * are those of what is computed from them. Made-up sizes that contradict each other mean nothing:
 * whether sizes fit is seen when the node runs. */
#include "aten/rows.h"

#include <string.h>

enum { FREE = -1 };

typedef struct node_type {
    lw_dtype dtype;
    int rank;
    int64_t dims[LW_MAX_RANK];
} node_type;

static const lwi_node *maker_of(const lwi_graph *g, int id) {
    for (size_t i = g->n_nodes; i-- > 0;)
        for (size_t k = 0; k < g->nodes[i].n_outputs; k++)
            if (g->nodes[i].outputs[k] == id) return &g->nodes[i];
    return NULL;
}

static bool read_ints(const lw_value *v, size_t n, int64_t *values) {
    if (!v || !v->data || v->dtype != LW_INT64 || v->count != n) return false;
    memcpy(values, v->data, n * sizeof *values);
    return true;
}

/* The elements of a list of sizes; those that are not known are free. false: nor is its length. */
static bool read_sizes(const lwi_aten_scope *s, int id, int round, node_type *t) {
    const lw_value *v = lwi_aten_type_in(s, id, round);
    if (!v || v->rank != 1 || v->count > LW_MAX_RANK) return false;
    t->rank = (int)v->count;
    if (read_ints(v, v->count, t->dims)) return true;
    const lwi_node *node = maker_of(s->graph, id);
    const bool joined = node && !strcmp(node->op_type, "Concat");
    size_t at = 0;
    for (size_t i = 0; joined && i < node->n_inputs; i++) {
        const lw_value *part = lwi_aten_type_in(s, node->inputs[i], round);
        if (!part || part->count > v->count - at) return false;
        if (!read_ints(part, part->count, &t->dims[at]))
            for (size_t k = 0; k < part->count; k++)
                t->dims[at + k] = FREE;
        at += part->count;
    }
    for (; at < v->count; at++)
        t->dims[at] = FREE;
    return true;
}

static bool like(const lwi_aten_scope *s, const lwi_node *node, int round, node_type *t) {
    const lw_value *x = lwi_aten_type_in(s, node->inputs[0], round);
    t->dtype = x->dtype;
    t->rank = x->rank;
    memcpy(t->dims, x->dims, (size_t)x->rank * sizeof *x->dims);
    return true;
}

/* The makers of slices always say the axes. */
static bool slice(const lwi_aten_scope *s, const lwi_node *node, int round, node_type *t) {
    const lw_value *axes = node->n_inputs > 3 ? lwi_aten_type_in(s, node->inputs[3], round) : NULL;
    int64_t values[LW_MAX_RANK];
    like(s, node, round, t);
    if (!axes || axes->count > LW_MAX_RANK || !read_ints(axes, axes->count, values)) return false;
    for (size_t i = 0; i < axes->count; i++)
        if (values[i] >= 0 && values[i] < t->rank) t->dims[values[i]] = FREE;
    return true;
}

/* All but the batch and the channels. */
static bool resize(const lwi_aten_scope *s, const lwi_node *node, int round, node_type *t) {
    like(s, node, round, t);
    for (int d = 2; d < t->rank; d++)
        t->dims[d] = FREE;
    return true;
}

/* Along an axis, which is always said. */
static bool along(const lwi_aten_scope *s, const lwi_node *node, int round, node_type *t) {
    const lwi_attr *axis = lwi_node_attr(node, "axis");
    like(s, node, round, t);
    if (!axis || axis->kind != LWI_ATTR_INT || axis->i < 0 || axis->i >= t->rank) return false;
    t->dims[axis->i] = FREE;
    return true;
}

static bool expand(const lwi_aten_scope *s, const lwi_node *node, int round, node_type *t) {
    const lw_value *x = lwi_aten_type_in(s, node->inputs[0], round);
    if (!read_sizes(s, node->inputs[1], round, t) || t->rank < x->rank) return false;
    t->dtype = x->dtype;
    for (int d = 0; d < x->rank; d++)
        if (t->dims[t->rank - x->rank + d] == FREE && x->dims[d] != 1)
            t->dims[t->rank - x->rank + d] = x->dims[d];
    return true;
}

static bool reshape(const lwi_aten_scope *s, const lwi_node *node, int round, node_type *t) {
    t->dtype = lwi_aten_type_in(s, node->inputs[0], round)->dtype;
    return read_sizes(s, node->inputs[1], round, t);
}

static bool range(const lwi_aten_scope *s, const lwi_node *node, int round, node_type *t) {
    *t = (node_type){
        .dtype = lwi_aten_type_in(s, node->inputs[0], round)->dtype, .rank = 1, .dims = {FREE}};
    return true;
}

/* Of two shapes, each dimension that is not 1. */
static bool both(const lwi_aten_scope *s, const lwi_node *node, int round, node_type *t) {
    const lw_value *y = lwi_aten_type_in(s, node->inputs[1], round);
    like(s, node, round, t);
    if (y->rank > t->rank) return false;
    for (int d = 0; d < y->rank; d++) {
        int64_t *dim = &t->dims[t->rank - y->rank + d];
        if (*dim == 1) *dim = y->dims[d];
    }
    return true;
}

static const struct {
    const char *op;
    bool (*find)(const lwi_aten_scope *s, const lwi_node *node, int round, node_type *t);
} finders[] = {{"Add", both},      {"Compress", along}, {"Concat", along}, {"Div", both},
               {"Expand", expand}, {"Mul", both},       {"Range", range},  {"Reshape", reshape},
               {"Resize", resize}, {"ScatterND", like}, {"Slice", slice},  {"Sub", both}};

static bool find(const lwi_aten_scope *s, const lwi_node *node, int round, node_type *t) {
    for (size_t i = 0; i < node->n_inputs; i++)
        if (node->inputs[i] >= 0 && !lwi_aten_type_in(s, node->inputs[i], round)) return false;
    for (size_t i = 0; i < sizeof finders / sizeof *finders && !*node->domain; i++)
        if (!strcmp(node->op_type, finders[i].op)) return finders[i].find(s, node, round, t);
    return false;
}

bool lwi_aten_is_made_up(const lwi_aten_scope *s, int id) {
    return id >= 0 && (size_t)id < s->cap_made_up && s->made_up[id];
}

lw_status lwi_aten_mark_made_up(lwi_aten_scope *s, int id) {
    const size_t before = s->cap_made_up;
    LW_TRY(lwi_arena_grow(s->graph->arena, &s->made_up, &s->cap_made_up, (size_t)id + 1,
                          sizeof *s->made_up));
    memset(s->made_up + before, 0, (s->cap_made_up - before) * sizeof *s->made_up);
    s->made_up[id] = true;
    return LW_OK;
}

/* Sizes of an input are made up. */
static bool rests_on_made_up(const lwi_aten_scope *s, const lwi_node *node) {
    for (size_t i = 0; i < node->n_inputs; i++)
        if (lwi_aten_is_made_up(s, node->inputs[i])) return true;
    return false;
}

static lw_status make_up(lwi_aten *a, lwi_aten_scope *s, const lwi_node *node) {
    int64_t sizes[LW_MAX_RANK][LWI_ATEN_ROUNDS] = {{0}};
    for (int r = 0; r < LWI_ATEN_ROUNDS; r++) {
        node_type t = {0};
        if (!find(s, node, r, &t)) continue;
        for (int d = 0; d < t.rank; d++) {
            if (t.dims[d] >= 0) continue;
            if (!sizes[d][0]) LW_TRY(lwi_aten_free_sizes(a, d, sizes[d]));
            t.dims[d] = sizes[d][r];
        }
        LW_TRY(lwi_probe_give(&s->probes[r], node->outputs[0], t.dtype, t.rank, t.dims));
        LW_TRY(lwi_aten_mark_made_up(s, node->outputs[0]));
    }
    return LW_OK;
}

lw_status lwi_aten_tell_later(lwi_aten *a, lwi_aten_scope *s, const lwi_node *node,
                              lw_status inferred) {
    const bool rests = rests_on_made_up(s, node);
    if (node->n_outputs == 1 && !lwi_probed(&s->probes[0], node->outputs[0]) &&
        (inferred == LW_OK || inferred == LWI_LATER || rests)) {
        LW_TRY(make_up(a, s, node));
        if (lwi_probed(&s->probes[0], node->outputs[0])) return LW_OK;
    }
    for (size_t i = 0; i < node->n_outputs && rests; i++)
        if (node->outputs[i] >= 0) LW_TRY(lwi_aten_mark_made_up(s, node->outputs[i]));
    return inferred == LWI_LATER ? LW_OK : inferred;
}
