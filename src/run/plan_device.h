/* SPDX-License-Identifier: MIT
 * Plans whose nodes a device runs, as far as it can. Every value has its place in the device's
 * memory too: what lies in the arena at the same offset in a block of the device, what the caller
 * gives or wants behind it, constants in blocks of their own. Where a node needs a value on the
 * other side, it is moved there before. */
#ifndef LWI_PLAN_DEVICE_H
#define LWI_PLAN_DEVICE_H

#include "backend/gpu/gpu_backend.h"
#include "run/planner.h"

/* Steps one after the other between which nothing is copied. From the second run on they are one
 * recording, where the device makes such (CUDA graphs). */
typedef struct lwi_device_piece {
    size_t first, last; /* steps */
    size_t launches;
    void *recording;   /* NULL: none */
    const void *block; /* in which it works */
    bool seen;         /* it has run */
} lwi_device_piece;

typedef struct lwi_device_step {
    lwi_gpu_launch *launches; /* NULL: the processor runs the node */
    size_t n;
    int written;        /* 1 + the input that it writes to; 0: none */
    bool mixes;         /* floats of one call may have several types */
    const char *reason; /* why the processor runs it */
    uint64_t converted; /* inputs that are constants, brought there in another type: */
    lw_dtype type;
    size_t piece;
} lwi_device_step;

/* Before step number `step` (n_steps: after the last), all of a value is copied. */
typedef struct lwi_device_move {
    size_t step;
    int slot;
    bool up; /* to the device */
} lwi_device_move;

typedef struct lwi_device_plan {
    size_t bytes;              /* of the block */
    size_t scratch;            /* bytes that launches of a step may use, */
    size_t scratch_place;      /* in the block */
    size_t *places;            /* [slots] in the block, for what is given and wanted */
    lwi_device_memory *kept;   /* made for this plan */
    lwi_device_memory mistake; /* an int: 0, or 1 + the node whose data were wrong */
    size_t n_kept, cap_kept;
    lwi_device_move *moves; /* by their steps */
    size_t n_moves, cap_moves;
    size_t next_move; /* of the run under way */
    lwi_device_piece *pieces;
    size_t n_pieces, cap_pieces;
    bool recording;       /* under way */
    lw_dtype narrow_type; /* of values that are narrow on the device (run/plan_narrow.c) */
    bool *narrow;         /* [slots], of roots */
} lwi_device_plan;

/* A ready node: the device takes it, or *taken is false; LW_UNSUPPORTED if it must. */
lw_status lwi_plan_on_device(lwi_planner *planner, lwi_call *call, lwi_step *step, bool *taken);
/* Launches for a call whose inputs and outputs may have other types than in the plan. A step that
 * has some keeps them where these are not taken. for_good: what they need is brought there. */
lw_status lwi_plan_claim(lwi_planner *planner, const lwi_call *call, bool for_good, lwi_step *step,
                         bool *taken);
/* Float16 or bfloat16 where the context's device computes the model's network in that; or NONE. */
lw_dtype lwi_plan_narrow_type(const lw_context *context);
/* Finds out which values are narrow, and claims all calls of the device for good. */
lw_status lwi_plan_narrow(lwi_planner *planner);
/* When all nodes have places. */
lw_status lwi_plan_device_finish(lwi_planner *planner);
void lwi_plan_device_free(lwi_plan *plan);

/* Launches that would do what the step before has done; when all have their arguments. */
void lwi_device_leave_out(lwi_plan *plan);
/* When the moves are known (run/device_run.c). */
lw_status lwi_device_find_pieces(lwi_plan *plan);
void lwi_device_forget(lwi_device *device, lwi_device_piece *piece);

/* The moves before step number `step`. */
lw_status lwi_device_move_values(lwi_plan *plan, size_t step);
/* Step number `step`, which the device runs. */
lw_status lwi_device_run(lwi_plan *plan, size_t step);
/* After a run that did not get to its end. */
void lwi_device_stop(lwi_plan *plan);

#endif
