/* SPDX-License-Identifier: MIT
 * What a device does for a call: kernels, one after the other, whose arguments are the call's
 * inputs and outputs, wherever they will lie, memory of the step's own, and numbers. */
#ifndef LWI_GPU_BACKEND_H
#define LWI_GPU_BACKEND_H

#include "backend/gpu/device.h"
#include "backend/gpu/gpu_types.h"
#include "ops/op.h"

enum { LWI_GPU_ARGUMENTS = 24, LWI_GPU_LAUNCHES = 32 };

typedef enum lwi_gpu_source {
    LWI_GPU_NUMBER, /* argument as it is, or memory that is resolved already */
    LWI_GPU_INPUT,  /* of the call */
    LWI_GPU_OUTPUT,
    LWI_GPU_SCRATCH, /* memory for the launches of one step, which all steps share */
    LWI_GPU_BOUND,   /* of a body: slot `index` of its plan, elsewhere in each run */
    LWI_GPU_MISTAKE  /* an int that kernels set where data are wrong; one for a plan */
} lwi_gpu_source;

typedef struct lwi_gpu_argument {
    lwi_gpu_source source;
    size_t index;              /* of the input or output; the value has an offset in it */
    lwi_device_argument value; /* of the others; memory in the plan's block has handle NULL */
} lwi_gpu_argument;

typedef struct lwi_gpu_launch lwi_gpu_launch;
struct lwi_gpu_launch {
    const char *kernel;
    uint32_t groups[3], size;
    size_t n;
    lwi_gpu_argument arguments[LWI_GPU_ARGUMENTS];
    void *product; /* of the device's library, which is no kernel; NULL: a kernel */
    /* It is the first of its step, reads one input, and what it makes of that in scratch is left as
     * it is by the others: a step after this one need not make it again. */
    bool stays;
    /* Of a pointwise program on float32 whose inputs lie as its output does: how many. 0: it is
     * something else. */
    int inputs;
    /* Place of two arguments, where float32 rows that it makes go in 8 bits too (gpu_few.h) and how
     * many parts these have, 0; it makes them in argument `makes`. 0: it cannot. */
    size_t rounds, makes;
    bool is_epilogue; /* of the product before it, which a kernel of ours would do itself */
    /* What is launched instead where a tensor with a map, or one of a product, does not begin at a
     * multiple of LWI_DEVICE_MAP_ALIGN; NULL without such. */
    lwi_gpu_launch *otherwise;
};

/* A step in the making. */
typedef struct lwi_gpu_step {
    lwi_device *device;
    lwi_arena *memory; /* of the plan, which holds the launches */
    lwi_gpu_launch *launches;
    size_t n, capacity;
    /* Memory that is made for this step, to be released with the plan; NULL: the call will be
     * claimed once more, and nothing is brought to the device yet. */
    lw_status (*keep)(void *arg, const void *data, size_t bytes, lwi_device_memory *memory);
    /* A table of the program, which is brought there once for a context; NULL as keep is. */
    lw_status (*keep_table)(void *arg, const void *data, size_t bytes, lwi_device_memory *memory);
    void *arg;
    int node;         /* what a mistake is set to for this call, not 0 */
    bool checks;      /* it may make one */
    bool mixes;       /* each float that is no constant is read or written in the type it has */
    int written;      /* 1 + the input that it writes to; 0: none */
    bool too_large;   /* for a launch */
    size_t scratch;   /* bytes of it */
    char reason[120]; /* why the call is not taken */
} lwi_gpu_step;

/* Fills in the launches for a call whose inputs have types and shapes, and whose constants have
 * data. *taken is false where the device has no kernel for it; the reason is in the step. */
lw_status lwi_gpu_claim(const lwi_call *call, lwi_gpu_step *step, bool *taken);

/* Whether the device copies elements of the inputs as they are, so that they must have the type of
 * output 0. */
bool lwi_gpu_copies_elements(const lwi_call *call);

/* ------------------------------------------------------ for the files of operators */

typedef lw_status lwi_gpu_planner(const lwi_call *call, lwi_gpu_step *step, bool *taken);

/* Those that gpu_kernels.def names. */
#define LWI_GPU(ident, planner) lwi_gpu_planner lwi_gpu_##planner;
#include "backend/gpu/gpu_kernels.def"
#undef LWI_GPU

/* *taken stays false. */
lw_status lwi_gpu_refuse(lwi_gpu_step *step, const char *reason);
/* A new launch, with a group of 256 items for each 256 of n, or groups as given. */
lw_status lwi_gpu_items(lwi_gpu_step *step, const char *kernel, size_t n, lwi_gpu_launch **launch);
lw_status lwi_gpu_groups(lwi_gpu_step *step, const char *kernel, size_t x, size_t y, size_t z,
                         lwi_gpu_launch **launch);
/* Arguments, in the kernel's order. An input that is left out: input 0, which is not looked at. */
void lwi_gpu_in(lwi_gpu_launch *launch, const lwi_call *call, size_t input);
/* From an offset in bytes on. */
void lwi_gpu_in_at(lwi_gpu_launch *launch, const lwi_call *call, size_t input, size_t offset);
void lwi_gpu_out(lwi_gpu_launch *launch, size_t output);
/* An input by its map, which is copied. */
lw_status lwi_gpu_map(lwi_gpu_step *step, lwi_gpu_launch *launch, size_t input,
                      const lwi_device_map *map);
void lwi_gpu_local(lwi_gpu_launch *launch, size_t bytes);
void lwi_gpu_int(lwi_gpu_launch *launch, int64_t number);
void lwi_gpu_float(lwi_gpu_launch *launch, double number);
/* Bytes that the kernel reads, copied to the device now; not looked at where step->keep is NULL. */
lw_status lwi_gpu_data(lwi_gpu_step *step, lwi_gpu_launch *launch, const void *data, size_t bytes);
/* The same of a table of the program, of which a context has one. */
lw_status lwi_gpu_shared_data(lwi_gpu_step *step, lwi_gpu_launch *launch, const void *data,
                              size_t bytes);
/* Memory that the launches of this step share; it has `bytes` from 0 on. */
void lwi_gpu_scratch(lwi_gpu_step *step, lwi_gpu_launch *launch, size_t bytes);
/* A part of it, from an offset on. */
void lwi_gpu_scratch_at(lwi_gpu_step *step, lwi_gpu_launch *launch, size_t offset, size_t bytes);
/* Two arguments: where a mistake in the data (an index outside) is noted, and as what. */
void lwi_gpu_mistake(lwi_gpu_step *step, lwi_gpu_launch *launch);
/* The arguments OPERANDS of kernels/program.k, for the epilogue of a call (ops/epilogue.h). *fits
 * is false where it has more operands than kernels take. */
lw_status lwi_gpu_epilogue(const lwi_call *call, size_t own_inputs, lwi_gpu_step *step,
                           lwi_gpu_launch *launch);
/* Whether there is any: kernels of other types than float have none. */
bool lwi_gpu_has_epilogue(const lwi_node *node);
bool lwi_gpu_takes_epilogue(const lwi_call *call, size_t own_inputs);
/* Inputs are tensors, outputs of elements of 1, 2, 4 or 8 bytes, fewer than 2^31. */
bool lwi_gpu_moves(const lwi_call *call);
/* A launch that copies an input to an output of its type and size. */
lw_status lwi_gpu_copy(lwi_gpu_step *step, const lwi_call *call, size_t input, size_t output);
/* A copy from one regular grid to another; steps in elements, `first` where the other one begins.
 */
typedef struct lwi_gpu_grid {
    int rank;
    const size_t *dims, *from_steps, *to_steps;
    size_t first;
} lwi_gpu_grid;
/* A launch of it for elements of `size` bytes, which lacks its last three arguments: from, to, and
 * how many elements there are. */
lw_status lwi_gpu_copy_grid(lwi_gpu_step *step, size_t size, const lwi_gpu_grid *grid,
                            lwi_gpu_launch **launch);
/* A float that kernels compute with: float64 where the device has doubles. */
bool lwi_gpu_is_real(const lwi_gpu_step *step, lw_dtype dtype);
/* A type whose elements kernels compare: doubles where the device has them. */
bool lwi_gpu_orders(const lwi_gpu_step *step, lwi_gpu_type type);
/* An input or output is float64: kernels in double (kernels/wide.k) are launched. */
bool lwi_gpu_has_doubles(const lwi_call *call);
#define LWI_GPU_KERNEL(wide, name) ((wide) ? name "_64" : (name))
/* All inputs and outputs are float32 tensors of fewer than 2^31 elements. */
bool lwi_gpu_all_float(const lwi_call *call);

#endif
