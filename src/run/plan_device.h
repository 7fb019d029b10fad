/* SPDX-License-Identifier: MIT
 * Plans whose nodes a device runs, as far as it can. Every value has its place in the device's
 * memory too: what lies in the arena at the same offset in a block of the device, what the caller
 * gives or wants behind it, constants in blocks of their own. Where a node needs a value on the
 * other side, it is moved there before. What a body is given and gives lies where the graph around
 * it has it, in each run elsewhere; it is brought to the sides where it is needed when the body
 * begins. Late nodes and bodies get values where they lie (run/device_values.h). */
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
    lwi_gpu_launch *launches; /* NULL: the processor runs the node, or it is late */
    size_t n;
    bool shows;                /* it reads values where they lie: a late node, or a branch */
    size_t first_seen, n_seen; /* where those of the plan lie then */
    const char *late;          /* the kernel of a late node in the last run; NULL: none */
    char why[120];             /* why it had none */
    int written;               /* 1 + the input that it writes to; 0: none */
    bool mixes;                /* floats of one call may have several types */
    const char *reason;        /* why the processor runs it */
    size_t alike;              /* so many inputs, as far as they are constants of floats, */
    lw_dtype type;             /* are brought there in this type */
    size_t piece;
} lwi_device_step;

/* Before step number `step` (n_steps: after the last), all of a value is copied. */
typedef struct lwi_device_move {
    size_t step;
    int slot;
    bool up;     /* to the device */
    bool beside; /* while kernels are at work (run/device_beside.c) */
} lwi_device_move;

/* Before a step: a constant of the context that the device lacks until the first run. */
typedef struct lwi_device_arrival {
    size_t step, constant;
} lwi_device_arrival;

/* An output that is there after a step, long before the last one. */
typedef struct lwi_device_early {
    size_t step;
    int slot;
    void *made; /* a mark */
} lwi_device_early;

/* Where a value is valid. */
enum { LWI_ON_HOST = 1, LWI_ON_DEVICE = 2 };

typedef struct lwi_device_seen {
    int slot; /* a root */
    uint8_t sides;
} lwi_device_seen;

/* Where a body's input or output lies in this run. */
typedef struct lwi_device_bound {
    void *handle;
    size_t offset;
} lwi_device_bound;

typedef struct lwi_device_plan {
    size_t bytes;            /* of the block */
    size_t scratch;          /* bytes that launches of a step may use, */
    size_t scratch_place;    /* in the block */
    size_t *places;          /* [slots] in the block, for what is given and wanted */
    lwi_device_memory *kept; /* made for this plan */
    bool checks;             /* it has kernels that note mistakes */
    size_t n_kept, cap_kept;
    lwi_device_seen *seen;
    size_t n_seen, cap_seen;
    size_t first_end, n_end;      /* of seen: when the plan has run */
    lwi_remote *lent;             /* [slots] roots as they are shown */
    lwi_device_bound *bound;      /* [slots] of a body: what is given and made */
    uint8_t *needs;               /* [slots] of a body: sides where they are needed or made */
    uint8_t *ends;                /* [slots] of a body: where outputs are in the end */
    bool *few;                    /* [slots] arithmetic of shapes, on the processor's side */
    lwi_arena late;               /* launches of a late node */
    lwi_device_arrival *arrivals; /* by their steps */
    size_t n_arrivals, cap_arrivals, next_arrival;
    lwi_device_early *early;
    size_t n_early, cap_early;
    void *copied, *begun;   /* marks */
    lwi_device_move *moves; /* by their steps */
    size_t n_moves, cap_moves;
    size_t next_move; /* of the run under way */
    lwi_device_piece *pieces;
    size_t n_pieces, cap_pieces;
    bool recording;       /* under way */
    lw_dtype narrow_type; /* of values that are narrow on the device (run/plan_narrow.c) */
    bool *narrow;         /* [slots], of roots */
} lwi_device_plan;

/* The part of a plan that every plan has whose context has a device. */
lw_status lwi_plan_device_open(lwi_planner *planner);
/* A late node, or a branch, reads values where they lie. */
lw_status lwi_plan_shows(lwi_planner *planner, lwi_step *step);
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
/* After that: launches of steps that follow each other, as one where a kernel does both. */
lw_status lwi_device_merge(lwi_plan *plan, lwi_arena *passing);
/* Where in the plan's block a value begins that is neither a constant nor a kept input. */
size_t lwi_device_place(const lwi_plan *plan, int slot);
/* When the moves are known (run/device_run.c). */
lw_status lwi_device_find_pieces(lwi_plan *plan);
void lwi_device_forget(lwi_device *device, lwi_device_piece *piece);

/* Whether a slot is what is given to a body. */
static inline bool lwi_device_is_given(const lwi_plan *plan, int root) {
    return plan->outer && plan->places[root] == LWI_PLACE_INPUT;
}
/* The block in which a value lies that is neither a constant nor bound. */
void *lwi_device_block_of(const lwi_plan *plan, int slot);
/* What is given to a body comes to where it is needed; what it makes gets a place. */
lw_status lwi_device_bind_givens(lwi_plan *plan, const lw_value *const *givens);
lw_status lwi_device_open_output(lwi_plan *plan, lw_value **outputs, size_t i);
/* Output i, which lies elsewhere, as lwi_give_output. */
lw_status lwi_device_give_output(lwi_plan *plan, lw_value **outputs, size_t i);
/* A branch that is planned with the graph around it: what it makes goes to its place there. */
lw_status lwi_device_run_branch(lwi_call *call, lwi_plan *branch);
/* When a body has run: output i lies where it was made, or where the graph around it wants it. */
lw_status lwi_device_end_output(lwi_plan *plan, lw_value **outputs, size_t i);
/* A constant, as late nodes read it. */
lw_status lwi_device_lend_constant(lwi_plan *plan, int slot);
lw_status lwi_device_keep_table(lwi_plan *plan, const void *data, size_t bytes,
                                lwi_device_memory *memory);

/* Puts places into the arguments of launches that have none yet. */
typedef lw_status lwi_device_locator(void *arg, const lwi_step *step, lwi_gpu_argument *argument);
lw_status lwi_device_locate(lwi_plan *plan, const lwi_step *step, lwi_device_locator *fn,
                            void *arg);
/* The launches of a step, now. */
lw_status lwi_device_launch_all(const lwi_plan *plan, const lwi_device_step *step);
/* [rows, width] to columns of `to`, from column * width on. */
lw_status lwi_device_interleave(lwi_plan *plan, const lw_value *from, const lw_value *to,
                                size_t rows, size_t width, size_t column);

/* Copies beside kernels (run/device_beside.c). A constant is so large that it goes to the device in
 * the first run; a copy of `bytes` while steps from `first` to before `end` run is worth it. */
bool lwi_device_can_wait(size_t bytes);
bool lwi_device_is_worth(const lwi_plan *plan, size_t bytes, size_t first, size_t end);
lw_status lwi_device_add_arrival(lwi_plan *plan, size_t step, size_t constant);
/* What the steps up to this one read is on its way, and they wait for it. */
lw_status lwi_device_arrive(lwi_plan *plan, size_t step);
lw_status lwi_device_begin_beside(lwi_plan *plan);
lw_status lwi_device_upload_beside(lwi_plan *plan, const lwi_device_move *move);
/* Which outputs are early; whether one is after a step, which is marked then; to the caller. */
lw_status lwi_device_find_early(lwi_plan *plan);
bool lwi_device_ends_early(const lwi_plan *plan, size_t step);
lw_status lwi_device_mark_early(lwi_plan *plan, size_t step);
lw_status lwi_device_bring_early(lwi_plan *plan);
void lwi_device_free_marks(lwi_plan *plan);

/* Mistakes in data (run/device_mistakes.c): what node 0 of a graph is noted as; memory for the
 * note; the error at the end of a run. */
lw_status lwi_device_number(lw_context *context, const lwi_graph *graph, int *first);
lw_status lwi_device_open_mistake(lw_context *context);
lw_status lwi_device_find_mistake(lw_context *context);
void lwi_device_forget_mistake(lw_context *context);

/* The moves before step number `step`. */
lw_status lwi_device_move_values(lwi_plan *plan, size_t step);
/* Step number `step`, which the device runs. */
lw_status lwi_device_run(lwi_plan *plan, size_t step);
/* After a run that did not get to its end. */
void lwi_device_stop(lwi_plan *plan);

#endif
