/* SPDX-License-Identifier: MIT
 * A context: the memory, plans and threads of one stream of runs. */
#ifndef LWI_CONTEXT_H
#define LWI_CONTEXT_H

#include "run/plan.h"

struct lw_context {
    lw_model *model;
    lw_allocator allocator;
    lwi_pool pool;        /* scratch, and values of late nodes */
    lw_allocator in_pool; /* the pool as an allocator */
    lwi_arena strings;    /* bytes made in this run */
    lwi_host host;        /* what operators get; its state is an lwi_frame */
    lw_executor executor;
    bool own_pool; /* the executor is the process's thread pool */
    int threads;
    void *arena; /* where READY values lie */
    size_t arena_bytes;
    size_t allocations;
    size_t memory_limit;
    lwi_plan **plans;
    size_t n_plans, max_plans;
    uint64_t runs;
    void **scratch; /* blocks of the nodes under way, the outermost node's first */
    size_t n_scratch, cap_scratch;
    atomic_bool cancel;
    lw_profile_fn profile;
    void *profile_user;
};

/* One graph being executed. */
typedef struct lwi_frame {
    lw_context *context;
    const lwi_graph *graph;
    const struct lwi_frame *outer;
    const lw_value **slots; /* [slots] NULL: not there (yet) */
    bool *owned;            /* [slots] released when it dies */
} lwi_frame;

/* The services of a context (run/host.c); call->state is an lwi_frame. */
void lwi_host_init(lw_context *context);
void lwi_host_release_scratch(lw_context *context, size_t keep);

/* Runs all nodes. plan: of the main graph, NULL for subgraphs. */
lw_status lwi_execute(lwi_frame *frame, lwi_plan *plan);
/* For lwi_host.subgraph. */
lw_status lwi_execute_subgraph(void *state, const lwi_graph *graph, const lw_value *const *inputs,
                               size_t n_inputs, lw_value **outputs, size_t n_outputs);
/* A frame with room for the graph's values, its constants in place. */
lw_status lwi_frame_open(lw_context *context, const lwi_graph *graph, const lwi_frame *outer,
                         lwi_frame *frame);
void lwi_frame_close(lwi_frame *frame);

/* The plan for these inputs, from memory or new (run/plan_cache.c). */
lw_status lwi_context_plan(lw_context *context, const lw_value *const *inputs, const bool *wanted,
                           lwi_plan **plan);
void lwi_context_forget_plans(lw_context *context);
/* Makes the arena at least so large. */
lw_status lwi_context_reserve(lw_context *context, size_t bytes);

#endif
