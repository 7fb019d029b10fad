/* SPDX-License-Identifier: MIT
 * A plan says, for one set of input types and shapes and one set of wanted outputs, what each node
 * of the main graph makes, where in the arena it lies, and which kernel computes it. What depends
 * on shapes alone is computed when the plan is made. Nodes whose shapes depend on data are left to
 * the run ("late"). */
#ifndef LWI_PLAN_H
#define LWI_PLAN_H

#include "backend/cpu/cpu_backend.h"
#include "run/model.h"

typedef enum lwi_step {
    LWI_STEP_SKIP,  /* not needed, or computed with the plan */
    LWI_STEP_READY, /* outputs have shapes and places */
    LWI_STEP_VIEW,  /* the output is the input with another shape */
    LWI_STEP_LATE   /* shapes are found in the run */
} lwi_step;

typedef enum lwi_place {
    LWI_PLACE_NONE,  /* made by a late node, or not at all */
    LWI_PLACE_INPUT, /* of the run */
    LWI_PLACE_KNOWN, /* a constant, or computed with the plan */
    LWI_PLACE_ARENA, /* at offset */
    LWI_PLACE_VIEW,  /* where the value `root` lies */
    LWI_PLACE_OUTPUT /* in the memory of output `offset` of the run */
} lwi_place;

typedef struct lwi_plan {
    lwi_arena memory;              /* holds all below, and what was computed */
    const lw_value *const *inputs; /* [graph inputs] types and shapes; NULL: left out */
    const bool *wanted;            /* [graph outputs] */
    uint8_t *steps;                /* [nodes] lwi_step */
    const lwi_kernel **kernels;    /* [nodes] NULL: the reference */
    void **prepared;               /* [nodes] call->prepared */
    uint64_t *packed;              /* [nodes] call->packed */
    lw_value *values;              /* [slots] types and shapes of READY values */
    uint8_t *places;               /* [slots] lwi_place */
    size_t *offsets;               /* [slots] */
    int *roots;                    /* [slots] for views */
    int *deaths;                   /* [slots] last node that needs the memory */
    size_t arena_bytes;
    uint64_t used; /* when it was last used */
} lwi_plan;

/* Makes a plan; types and shapes of inputs are copied. */
lw_status lwi_plan_make(const lw_model *model, const lwi_host *host, void *state,
                        const lw_value *const *inputs, const bool *wanted, lwi_plan **plan);
void lwi_plan_free(lwi_plan *plan);
bool lwi_plan_fits(const lwi_plan *plan, const lw_model *model, const lw_value *const *inputs,
                   const bool *wanted);
/* Prepares the kernel of a call whose outputs are declared (run/plan_prepare.c). */
lw_status lwi_plan_prepare(lwi_plan *plan, const lw_model *model, lwi_call *call,
                           const lwi_kernel *kernel);
/* Gives every arena value its offset; sets arena_bytes (run/layout.c). */
lw_status lwi_plan_layout(lwi_plan *plan, const lwi_graph *graph);

#endif
