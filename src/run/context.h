/* SPDX-License-Identifier: MIT
 * A context: the memory, plans and threads of one stream of runs. */
#ifndef LWI_CONTEXT_H
#define LWI_CONTEXT_H

#include "backend/gpu/device.h"
#include "run/plan.h"
#include "run/scratch.h"
#include "run/vendor_plugin.h"

/* Where the values of a plan lie. Graphs that stand in each other run at the same time, so each
 * depth has one. */
typedef struct lwi_region {
    void *block;
    size_t bytes;
} lwi_region;

/* An input whose contents stay on the device from run to run. */
typedef struct lwi_kept_input {
    bool wanted;
    lwi_device_memory memory; /* of the first plan that reads it on */
} lwi_kept_input;

/* A constant in a device's memory. */
typedef struct lwi_device_constant {
    const void *data; /* that it was copied from */
    lwi_device_memory memory;
    bool waits; /* it is not there yet: the step that reads it first brings it */
} lwi_device_constant;

/* Blocks for values of the run (run/device_pool.h). */
typedef struct lwi_device_pool {
    lwi_device_memory *idle;
    size_t n, capacity;
    size_t made; /* blocks, idle or not */
} lwi_device_pool;

/* What mistakes in data are noted as: numbers of nodes, from `first` on those of a graph. */
typedef struct lwi_numbered {
    const lwi_graph *graph;
    int first;
} lwi_numbered;

struct lw_context {
    lw_model *model;
    lw_model *source;          /* what model was read from once more, for the plug-in; NULL */
    lwi_vendor_plugin *plugin; /* NULL: none */
    lw_context_options options;
    lw_context *_Atomic open; /* the next of a chain: runs that replace defaults
                                 (run/replace_defaults.c), or variants (run/variants.h); NULL */
    lw_allocator allocator;
    lwi_pool pool;              /* large scratch, and values of late nodes */
    lw_allocator in_pool;       /* the pool as an allocator */
    lwi_scratch_stack stack;    /* scratch memory of the nodes under way */
    lwi_arena strings;          /* bytes made in this run */
    lwi_arena texts;            /* of options */
    lwi_host host;              /* what operators get; its state is an lwi_plan */
    const lwi_kernels *kernels; /* of the level asked for; NULL: the process's */
    lw_executor executor;
    bool own_pool; /* the executor is the process's thread pool */
    int threads;
    lwi_region *arenas; /* by depth */
    size_t cap_arenas;
    size_t allocations;
    size_t memory_limit;
    lwi_plan **plans; /* of the main graph; the last one used first */
    size_t n_plans, max_plans;
    bool has_run;
    const lw_value **inputs;          /* [graph inputs] of the run under way; NULL: left out */
    lw_value **outputs;               /* [graph outputs] the caller's tensors, or those made */
    bool *wanted;                     /* [graph outputs] */
    lwi_device *device;               /* NULL: the processor alone */
    size_t device_bytes;              /* taken of it */
    lwi_device_memory *device_blocks; /* by depth, as arenas: what plans work in */
    size_t cap_device_blocks;
    lwi_device_pool device_pool;
    lwi_device_memory mistake; /* an int: 0, or the number of the node whose data were wrong */
    bool may_be_wrong;         /* the run under way has kernels that note mistakes */
    lwi_numbered *numbered;
    size_t n_numbered, cap_numbered;
    lwi_device_constant *constants; /* on the device */
    lwi_kept_input *kept_inputs;    /* [inputs] (lw_context_keep_input) */
    size_t n_constants, cap_constants;
    atomic_bool cancel;
    lw_profile_fn profile;
    void *profile_user;
};

/* The services of a context (run/host.c). */
void lwi_host_init(lw_context *context);
void lwi_host_use_device(lw_context *context);

/* The packed form of a constant for this context's kernels. */
lw_status lwi_context_packed(const lw_context *context, const lw_value *value,
                             const lwi_packing *packing, const void **packed);

/* Runs a plan on values that fit it. Outputs that are NULL are made; on failure they are NULL
 * again. A graph that is not the main one gets them from the pool. */
lw_status lwi_execute(lwi_plan *plan, const lw_value *const *givens, lw_value **outputs);
/* For lwi_host.subgraph. */
lw_status lwi_execute_subgraph(void *state, const lwi_graph *graph, const lw_value *const *inputs,
                               size_t n_inputs, lw_value **outputs, size_t n_outputs);
/* Output i of a run into the tensor given for it, or into a new one (run/outputs.c). */
lw_status lwi_open_output(lwi_plan *plan, lw_value **outputs, size_t i, const lw_value *like);
lw_status lwi_give_output(lwi_plan *plan, lw_value **outputs, size_t i);
/* Gives a late node's tensor the memory of the caller's, if it is an output of the whole graph and
 * of the run under way; else value->data stays NULL. */
lw_status lwi_place_in_output(lwi_plan *plan, lw_value *value);

/* Makes a plan for these inputs and remembers it (run/plan_cache.c). The first one of a context
 * that would pack many weights leaves them where they lie, if `waits`: it is for one run. */
lw_status lwi_context_plan(lw_context *context, const lw_value *const *inputs, const bool *wanted,
                           bool waits, lwi_plan **plan);
/* Whether the next plan may be one that waits. */
bool lwi_context_waits(const lw_context *context);
/* Puts one with packed weights in the place of one that waits. */
lw_status lwi_context_pack_plan(lw_context *context, lwi_plan **plan);
/* One that is remembered and fits; NULL: none. */
lwi_plan *lwi_context_find_plan(lw_context *context, const lw_value *const *inputs,
                                const bool *wanted);
/* The plan of a subgraph for these values, of whose outputs the first ones are wanted. */
lw_status lwi_subgraph_plan(lwi_plan *outer, const lwi_graph *graph, const lw_value *const *givens,
                            size_t n_outputs, lwi_plan **plan);
/* A plan for the declared shapes of the inputs, if that is possible (run/plan_ahead.c). */
void lwi_context_plan_ahead(lw_context *context);
void lwi_context_forget_plans(lw_context *context);
/* Makes the arena of that depth at least so large. */
lw_status lwi_context_reserve(lw_context *context, size_t depth, size_t bytes);

/* The context of the model's variant for these inputs (run/variants.c), made if there is none. */
lw_status lwi_context_variant(lw_context *context, const lw_io *inputs, size_t n,
                              lw_context **variant);
/* Whether an input of the run stands for a default that the passes took for a constant. */
bool lwi_replaces_default(const lw_context *context);
/* Runs with a model in which no default is a constant: made when it is needed first. */
lw_status lwi_run_replacing(lw_context *context, const lw_io *inputs, size_t n_inputs,
                            lw_io *outputs, size_t n_outputs);

#endif
