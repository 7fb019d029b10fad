/* SPDX-License-Identifier: MIT
 * Values that are computed from constants while a plan is made, and are gone when it is: what a
 * model makes of its weights step by step need not all be there at once. */
#ifndef LWI_PLAN_PASSING_H
#define LWI_PLAN_PASSING_H

#include "graph/graph.h"

typedef struct lwi_passing_value lwi_passing_value;
typedef struct lwi_passing {
    lwi_arena small; /* the table, and what else a planner needs for itself */
    lwi_pool pool;   /* the values' data */
    const lwi_graph *graph;
    lwi_passing_value *values; /* [slots], NULL before the first */
} lwi_passing;

void lwi_passing_init(lwi_passing *passing, const lwi_graph *graph, const lw_allocator *allocator);
void lwi_passing_free(lwi_passing *passing);

/* Data for the value of a slot. needed: [nodes] those that may read it. */
lw_status lwi_passing_alloc(lwi_passing *passing, const bool *needed, int slot, size_t bytes,
                            void **data);
/* A view's value is the data of another one: who reads it reads those. */
void lwi_passing_share(lwi_passing *passing, int from, int view);
/* The node is computed for good: what only such nodes read is given back after the last of them. */
void lwi_passing_done(lwi_passing *passing, const lwi_node *node);

#endif
