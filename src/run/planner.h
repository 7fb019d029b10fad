/* SPDX-License-Identifier: MIT
 * A plan in the making. */
#ifndef LWI_PLANNER_H
#define LWI_PLANNER_H

#include "run/context.h"
#include "run/plan_passing.h"

typedef struct lwi_planner {
    lw_context *context;
    const lwi_graph *graph;
    lwi_plan *plan;
    lwi_host host;       /* the context's, but what it allocates lives as long as the plan */
    lwi_passing passing; /* what is needed only until the plan is made */
    size_t grown;        /* bytes made from constants that are much smaller */
    bool *needed;        /* [nodes] */
    bool *raw;           /* [slots] kernels read it as it is, not packed */
    bool shapes;         /* nothing is prepared: types and shapes are all that is wanted */
} lwi_planner;

/* Computes a node for good if all it needs is known: from shapes if it is small, from constants of
 * the model in any size (run/plan_known.c). If not, the data of its outputs are as before. */
bool lwi_plan_know(lwi_planner *planner, lwi_call *call);
/* A node whose outputs are those of one subgraph, which is known, becomes a step that runs that
 * subgraph, with outputs as if it were any other node. *work stays as it is if that cannot be
 * (run/plan_branch.c). */
lw_status lwi_plan_branch(lwi_planner *planner, lwi_call *call, uint8_t *work);
/* A node that stands for a part of a plug-in becomes a step that runs its program. *work stays as
 * it is for other nodes, and if that cannot be and the processor is allowed to (run/plan_part.c).
 * gathered: the inputs are there. */
lw_status lwi_plan_part(lwi_planner *planner, lwi_call *call, bool gathered, uint8_t *work);
/* For lwi_node_each_read: sets marks[value], of bools. */
void lwi_plan_mark(void *marks, int value);
/* Makes sure that a known value can be read by kernels and lives as long as the plan. */
lw_status lwi_plan_settle(lwi_planner *planner, int slot);
/* What a Concat puts side by side is computed there if that can be (run/plan_join.c). */
void lwi_plan_join(lwi_planner *planner);
/* Steps of which one reads what only the other makes become one, where the processor's backend can
 * run them in bands; so do neighbours that read the same value, where it can run them side by side
 * (run/plan_chain.c). */
lw_status lwi_plan_chain(lwi_planner *planner);
/* When all nodes have been looked at: places, slots, lifetimes (run/plan_finish.c). */
lw_status lwi_plan_finish(lwi_planner *planner);

#endif
