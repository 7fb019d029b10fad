/* SPDX-License-Identifier: MIT
 * What a pass sees of one graph, and how it changes it. Who makes and who reads each value is kept
 * up to date with every change, so that a pass is one walk over the nodes. Removed nodes stay as
 * holes (op is NULL) and new ones are added at the end until the pass is over; then the list is
 * put in order again. */
#ifndef LWI_REWRITE_H
#define LWI_REWRITE_H

#include "graph/network.h"
#include "opt/shapes.h"

/* Private: what is known about a value's place in the graph. */
typedef struct lwi_use lwi_use;

typedef struct lwi_rewrite {
    lwi_network *network;
    lwi_graph *graph;
    lwi_shapes *shapes;
    size_t count; /* of rewrites that the pass has made: it counts them itself */
    lwi_arena scratch;
    lwi_use *uses;   /* [slots] */
    size_t cap_uses; /* private, as what follows */
    size_t *anchors; /* [nodes] the node before which one that was added stands */
    size_t cap_anchors;
    bool changed;
} lwi_rewrite;

lw_status lwi_rewrite_open(lwi_rewrite *r, lwi_network *network, lwi_graph *graph,
                           lwi_shapes *shapes);
/* Removes what the pass left without readers and puts the nodes in order; frees what it needed. */
lw_status lwi_rewrite_close(lwi_rewrite *r, lw_status status);

/* ----------------------------------------------------------------- looking */

/* Pointers to nodes are good until the next lwi_rewrite_insert. */
static inline lwi_node *lwi_rewrite_node(const lwi_rewrite *r, size_t i) {
    return r->graph->nodes[i].op ? &r->graph->nodes[i] : NULL;
}
/* The node that makes the value; NULL: an input, a constant, or captured from outside. */
lwi_node *lwi_producer(const lwi_rewrite *r, int value);
/* The only node that reads the value, and does so once; NULL also if the value is an output of the
 * graph or read in a subgraph. */
lwi_node *lwi_only_reader(const lwi_rewrite *r, int value);
/* An output of the graph, or read in a subgraph. */
bool lwi_is_pinned(const lwi_rewrite *r, int value);
bool lwi_is_read(const lwi_rewrite *r, int value);
/* By nodes; one may read it more than once. */
size_t lwi_read_count(const lwi_rewrite *r, int value);
/* The value that input i of the node is; -1: omitted. */
int lwi_input(const lwi_rewrite *r, const lwi_node *node, size_t i);
/* NULL if the value is no constant, or one that a caller may replace. */
const lw_value *lwi_constant(const lwi_rewrite *r, int value);
/* The constant has one element; *number is it. */
bool lwi_constant_number(const lwi_rewrite *r, int value, double *number);
/* The constant of float16 or bfloat16 that the value is widened from (widen_floats.c), or the value
 * itself. Products take their weights in that form. */
int lwi_weight_of(const lwi_rewrite *r, int value);
bool lwi_node_is(const lwi_node *node, const char *domain, const char *op_type);

/* ---------------------------------------------------------------- changing */

/* A node that stands right before node number `before`, with copies of the arrays; outputs may be
 * values that had no producer, or whose producer has been removed. */
lw_status lwi_rewrite_insert(lwi_rewrite *r, size_t before, const char *domain, const char *op_type,
                             const int *inputs, size_t n_inputs, const int *outputs,
                             size_t n_outputs, lwi_node **node);
void lwi_rewrite_remove(lwi_rewrite *r, lwi_node *node);
/* Removes all nodes whose outputs nobody reads; returns how many. */
size_t lwi_rewrite_sweep(lwi_rewrite *r);
lw_status lwi_rewrite_set_input(lwi_rewrite *r, lwi_node *node, size_t i, int value);
/* The node makes `value` instead of its output i (whose readers see nothing any more). */
void lwi_rewrite_set_output(lwi_rewrite *r, lwi_node *node, size_t i, int value);
/* The node becomes another operator; attributes are the caller's business. */
void lwi_rewrite_become(lwi_rewrite *r, lwi_node *node, const char *domain, const char *op_type);
/* All who read `from` read `to` instead; false if that cannot be, because `from` is pinned. */
bool lwi_rewrite_forward(lwi_rewrite *r, int from, int to);
/* A new value. rank -1: its shape is not known. */
lw_status lwi_rewrite_value(lwi_rewrite *r, const char *prefix, lw_dtype dtype, int rank,
                            const int64_t *dims, int *value);
/* A new constant; data is copied. */
lw_status lwi_rewrite_constant(lwi_rewrite *r, const char *prefix, lw_dtype dtype, int rank,
                               const int64_t *dims, const void *data, int *value);
/* The same for weights that the pass writes to *data: in memory of their own, which goes when a
 * kernel has packed them, and is not cleared before. */
lw_status lwi_rewrite_weights(lwi_rewrite *r, const char *prefix, lw_dtype dtype, int rank,
                              const int64_t *dims, void **data, int *value);
lw_status lwi_rewrite_set_ints(lwi_rewrite *r, lwi_node *node, const char *name,
                               const int64_t *ints, size_t n);
lw_status lwi_rewrite_set_floats(lwi_rewrite *r, lwi_node *node, const char *name,
                                 const float *floats, size_t n);

#endif
