/* SPDX-License-Identifier: MIT
 * Pointwise programs in the form that kernels read. */
#ifndef LWI_GPU_PROGRAM_H
#define LWI_GPU_PROGRAM_H

#include "backend/gpu/gpu_backend.h"
#include "ops/epilogue.h"

typedef struct lwi_gpu_program {
    size_t n;
    int32_t ints[80 + 4 * LWI_PROGRAM_STEPS + LWI_PROGRAM_CONSTANTS];
} lwi_gpu_program;

/* in: [n_inputs], NULL for what a product gave; they are broadcast to y. */
void lwi_gpu_program_write(const lwi_program *program, const lw_value *y, const lw_value *const *in,
                           lwi_gpu_program *written);
/* The arguments of lwi_gpu_epilogue for sums that are stored as they are, in scratch memory. */
lw_status lwi_gpu_no_epilogue(const lwi_call *call, lwi_gpu_step *step, lwi_gpu_launch *launch);

#endif
