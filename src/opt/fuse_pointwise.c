/* SPDX-License-Identifier: MIT
 * Trees of nodes that work element by element on float32 become one lampwick.Pointwise, which reads
 * and writes memory once. A node joins the node that it feeds if nothing else reads it and its
 * shape is that of the tree's result: computing it per element of a larger result would be more
 * work. A single node becomes a Pointwise too, for its vector kernels. */
#include "opt/passes.h"
#include "opt/pointwise_builder.h"

typedef struct tree {
    size_t nodes[LWI_PROGRAM_STEPS]; /* from the root down, so in falling order */
    size_t n;
    size_t rejected[LWI_PROGRAM_STEPS];
    size_t n_rejected;
} tree;

static bool contains(const size_t *nodes, size_t n, size_t node) {
    for (size_t i = 0; i < n; i++)
        if (nodes[i] == node) return true;
    return false;
}

static size_t number_of(const lwi_rewrite *r, const lwi_node *node) {
    return (size_t)(node - r->graph->nodes);
}

/* The last node before the others that feeds the tree and was not looked at yet. All who could read
 * its result stand after it, so that the tree has all of them that it will ever have. */
static bool next_candidate(const lwi_rewrite *r, const tree *t, size_t *candidate) {
    bool found = false;
    for (size_t i = 0; i < t->n; i++) {
        const lwi_node *node = lwi_rewrite_node(r, t->nodes[i]);
        for (size_t k = 0; k < node->n_inputs; k++) {
            const lwi_node *maker = lwi_producer(r, lwi_input(r, node, k));
            if (!maker) continue;
            const size_t at = number_of(r, maker);
            if (contains(t->nodes, t->n, at) || contains(t->rejected, t->n_rejected, at)) continue;
            if (!found || at > *candidate) *candidate = at;
            found = true;
        }
    }
    return found;
}

/* How often the tree reads a value. */
static size_t count_reads(const lwi_rewrite *r, const tree *t, int value) {
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++) {
        const lwi_node *node = lwi_rewrite_node(r, t->nodes[i]);
        for (size_t k = 0; k < node->n_inputs; k++)
            n += lwi_input(r, node, k) == value;
    }
    return n;
}

static const lwi_shape *result_shape(const lwi_rewrite *r, const lwi_node *node) {
    return lwi_shape_of(r->shapes, node->outputs[0]);
}

/* The program of the tree; false if it is too large, or if its inputs do not make up the shape. */
static bool build(const lwi_rewrite *r, const tree *t, lwi_builder *b) {
    const lwi_shape *shape = result_shape(r, lwi_rewrite_node(r, t->nodes[0]));
    int rank = -1;
    lwi_builder_open(b, r, shape->rank);
    for (size_t i = t->n; i-- > 0;)
        lwi_translate(b, lwi_rewrite_node(r, t->nodes[i]));
    if (b->full) return false;
    for (size_t k = 0; k < b->program.n_inputs; k++) {
        const int own = lwi_shape_of(r->shapes, b->inputs[k])->rank;
        if (own < 0) return false;
        if (own > rank) rank = own;
    }
    return rank == shape->rank;
}

static bool can_join(const lwi_rewrite *r, const tree *t, const size_t *reads, size_t candidate) {
    const lwi_node *node = lwi_rewrite_node(r, candidate);
    if (!lwi_is_pointwise(r, node) || lwi_is_pinned(r, node->outputs[0])) return false;
    if (reads[node->outputs[0]] != count_reads(r, t, node->outputs[0])) return false;
    return lwi_shapes_equal(result_shape(r, node),
                            result_shape(r, lwi_rewrite_node(r, t->nodes[0])));
}

static void grow(const lwi_rewrite *r, tree *t, const size_t *reads) {
    size_t candidate = 0;
    lwi_builder b;
    while (t->n < LWI_PROGRAM_STEPS && t->n_rejected < LWI_PROGRAM_STEPS &&
           next_candidate(r, t, &candidate)) {
        bool joins = can_join(r, t, reads, candidate);
        if (joins) {
            t->nodes[t->n++] = candidate;
            joins = build(r, t, &b);
            t->n -= !joins;
        }
        if (!joins) t->rejected[t->n_rejected++] = candidate;
    }
}

static lw_status replace(lwi_rewrite *r, const tree *t) {
    lwi_builder b;
    if (!build(r, t, &b)) return LW_OK;
    lwi_builder_close(&b);
    const int output = lwi_rewrite_node(r, t->nodes[0])->outputs[0];
    for (size_t i = 0; i < t->n; i++)
        lwi_rewrite_remove(r, lwi_rewrite_node(r, t->nodes[i]));
    lwi_node *node = NULL;
    LW_TRY(lwi_rewrite_insert(r, t->nodes[0], "lampwick", "Pointwise", b.inputs, b.program.n_inputs,
                              &output, 1, &node));
    r->count++;
    return lwi_builder_write(&b, r, node);
}

lw_status lwi_pass_fuse_pointwise(lwi_rewrite *r) {
    const size_t n = r->graph->n_nodes;
    size_t *reads = NULL; /* [slots] by nodes */
    LW_TRY(lwi_arena_alloc(&r->scratch, r->graph->n_slots, sizeof *reads, &reads));
    for (size_t i = 0; i < n; i++) {
        const lwi_node *node = lwi_rewrite_node(r, i);
        for (size_t k = 0; node && k < node->n_inputs; k++)
            if (lwi_input(r, node, k) >= 0) reads[lwi_input(r, node, k)]++;
    }
    for (size_t i = n; i-- > 0;) {
        const lwi_node *node = lwi_rewrite_node(r, i);
        if (!node || !lwi_is_pointwise(r, node)) continue;
        const lwi_shape *shape = result_shape(r, node);
        if (shape->dtype != LW_FLOAT32 || shape->rank < 0) continue;
        tree t = {.nodes = {i}, .n = 1};
        grow(r, &t, reads);
        LW_TRY(replace(r, &t));
    }
    return LW_OK;
}
