/* SPDX-License-Identifier: MIT
 * A plan says, for one set of types and shapes given to a graph and one set of wanted outputs, what
 * each node makes, where in the arena it lies, and which kernel computes it; and it holds the calls
 * ready to be run one after the other. What depends on shapes alone is computed when the plan is
 * made. Nodes whose shapes depend on data are left to the run ("late"). The plans of a subgraph
 * belong to the plan of the graph around it. */
#ifndef LWI_PLAN_H
#define LWI_PLAN_H

#include "backend/cpu/cpu_backend.h"
#include "run/model.h"

typedef enum lwi_work {
    LWI_WORK_NONE,   /* not needed, or computed with the plan */
    LWI_WORK_READY,  /* outputs have shapes and places */
    LWI_WORK_JOINED, /* done by the step of a later node, with[node] */
    LWI_WORK_VIEW,   /* the output is the input with another shape: nothing is left to do */
    LWI_WORK_LATE    /* shapes are found in the run */
} lwi_work;

typedef enum lwi_place {
    LWI_PLACE_NONE,  /* made by a late node, or not at all; or given, with any type */
    LWI_PLACE_INPUT, /* given in the run */
    LWI_PLACE_KNOWN, /* a constant, or computed with the plan */
    LWI_PLACE_ARENA, /* at offset */
    LWI_PLACE_VIEW,  /* where the value `root` lies */
    LWI_PLACE_OUTPUT /* in the memory of output `offset` of the run */
} lwi_place;

/* What a run does for one node. */
typedef struct lwi_step {
    lw_status (*run)(lwi_call *call); /* NULL: late */
    struct lwi_device_step *device;   /* what a device does instead; NULL: nothing */
    lwi_call call;                    /* its arrays are filled in the run if it is late */
    bool converted;                   /* run sees wider types (LWI_WIDEN, LWI_UNPACK) */
    int *dead;                        /* values of late nodes that die here */
    size_t n_dead;
} lwi_step;

typedef struct lwi_plan lwi_plan;

/* The plans of one subgraph. */
enum { LWI_SUBPLANS = 8 };
typedef struct lwi_subplans {
    const lwi_graph *graph;
    size_t n_outputs; /* that are wanted: the first ones */
    bool *wanted;
    lwi_plan *plans[LWI_SUBPLANS]; /* the last one used first */
    size_t n_plans;
    size_t misses; /* how often there was none that fitted */
} lwi_subplans;

struct lwi_plan {
    lwi_arena memory;    /* holds all below, and what was computed */
    lw_context *context; /* that it runs in */
    const lwi_graph *graph;
    lwi_plan *outer; /* of the graph that a subgraph stands in; NULL: the main graph */
    size_t depth;    /* of nested graphs: 0 is the main one */

    /* What it was made for. */
    const lw_value *const *givens; /* [inputs, then captures] types and shapes; NULL: left out */
    bool any;                      /* nothing is known of what is given */
    bool waits; /* it is for one run, which packs weights as it goes (lwi_packed_later) */
    bool ran;
    const bool *wanted; /* [graph outputs] */

    uint8_t *work;    /* [nodes] lwi_work */
    int *with;        /* [nodes] for LWI_WORK_JOINED */
    lw_value *values; /* [slots] types and shapes; data where it lies */
    uint8_t *places;  /* [slots] lwi_place */
    size_t *offsets;  /* [slots] */
    int *roots;       /* [slots] for views */
    size_t *within;   /* [slots] bytes from where the root begins, for views */
    int *deaths;      /* [slots] last node that needs the memory */
    size_t arena_bytes;
    void *base; /* the arena that values point into */

    lwi_step *steps;
    size_t n_steps;
    const lw_value **slots; /* [slots] what late nodes and outputs read; NULL: not there (yet) */
    int *late;              /* slots that late nodes fill, released after each run */
    size_t n_late;
    int *moving; /* slots of views whose root lies elsewhere in each run */
    size_t n_moving;
    bool *made;         /* [graph outputs] by the run under way */
    lw_value **outputs; /* [graph outputs] of the run under way; NULL: there is none */
    bool rehearsed;
    bool brief; /* a run takes so little time that it can take place a few times for nothing */
    lwi_subplans *subgraphs;
    size_t n_subgraphs, cap_subgraphs;
    struct lwi_device_plan *device; /* run/plan_device.h; NULL: all is done by the processor */
};

/* The slot of given value i. */
static inline int lwi_given_slot(const lwi_graph *g, size_t i) {
    return i < g->n_inputs ? g->inputs[i] : g->captures[i - g->n_inputs].inner;
}

/* Makes a plan for values of these types and shapes. any: for all values; nearly everything is
 * late then. */
lw_status lwi_plan_make(lw_context *context, const lwi_graph *graph, lwi_plan *outer,
                        const lw_value *const *givens, bool any, const bool *wanted,
                        lwi_plan **plan);
/* A plan of the main graph that leaves weights where they lie, for a first run. */
lw_status lwi_plan_make_first(lw_context *context, const lw_value *const *givens,
                              const bool *wanted, lwi_plan **plan);
/* A plan that cannot be run, only looked at: the types and shapes of all values, and the data of
 * those that do not depend on the data of inputs. Inputs that are constant count as known.
 * LW_UNSUPPORTED if a shape depends on data. */
lw_status lwi_plan_shapes(lw_context *context, const lwi_graph *graph, lwi_plan *outer,
                          const lw_value *const *givens, const bool *wanted, lwi_plan **plan);
void lwi_plan_free(lwi_plan *plan);
bool lwi_plan_fits(const lwi_plan *plan, const lw_value *const *givens, const bool *wanted);

/* Prepares the kernel of a call, whose state is the plan and whose outputs are declared
 * (run/plan_prepare.c). */
lw_status lwi_plan_prepare(lwi_call *call, const lwi_kernel *kernel);
/* lwi_cpu_chain or lwi_cpu_beside, for steps of a plan. */
typedef lw_status lwi_cpu_pair_fn(const lwi_cpu_step *first, const lwi_cpu_step *second,
                                  lwi_cpu_step *both);
lw_status lwi_plan_prepare_pair(lwi_cpu_pair_fn *fn, const lwi_cpu_step *first,
                                const lwi_cpu_step *second, lwi_cpu_step *both);
/* Gives every arena value its offset; sets arena_bytes (run/layout.c). */
lw_status lwi_plan_layout(lwi_plan *plan);

#endif
