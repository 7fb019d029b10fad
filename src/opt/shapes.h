/* SPDX-License-Identifier: MIT
 * What can be said about the types and shapes of a graph's values before it runs. The operators'
 * own infer functions are run with made-up sizes for dimensions that are not fixed, three times
 * with different ones; what is the same each time counts as fixed.
 *
 * That is evidence, not proof (a dimension min(n, 4) looks fixed): a pass may use it to choose what
 * is fast, and must stay correct, or end in an error when a plan is made, if a dimension is another
 * one in a run. */
#ifndef LWI_SHAPES_H
#define LWI_SHAPES_H

#include "graph/graph.h"

typedef struct lwi_shape {
    lw_dtype dtype; /* LW_DTYPE_NONE: not a tensor, or not known */
    int rank;       /* -1: not known */
    /* [rank] Negative where not fixed; equal negative numbers were the same size in each round. */
    const int64_t *dims;
} lwi_shape;

typedef struct lwi_shapes {
    lwi_arena memory;
    lwi_shape *of; /* [slots] */
    size_t n, cap;
} lwi_shapes;

/* inputs: the shapes of the graph's inputs and captures where the graph does not declare them (a
 * subgraph's captures are looked up in its parent's shapes); NULL: none. */
lw_status lwi_shapes_find(lwi_shapes *shapes, lwi_graph *graph, const lwi_shapes *parent);
void lwi_shapes_free(lwi_shapes *shapes);
/* Records the shape of a value that was added to the graph. */
lw_status lwi_shapes_set(lwi_shapes *shapes, int value, lw_dtype dtype, int rank,
                         const int64_t *dims);
static inline const lwi_shape *lwi_shape_of(const lwi_shapes *shapes, int value) {
    static const lwi_shape unknown = {LW_DTYPE_NONE, -1, NULL};
    return value >= 0 && (size_t)value < shapes->n ? &shapes->of[value] : &unknown;
}

/* Both shapes are known, and the same as far as can be told. */
bool lwi_shapes_equal(const lwi_shape *a, const lwi_shape *b);

#endif
