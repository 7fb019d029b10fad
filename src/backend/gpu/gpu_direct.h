/* SPDX-License-Identifier: MIT
 * Convolutions element by element, for those that tiled kernels do not take. */
#ifndef LWI_GPU_DIRECT_H
#define LWI_GPU_DIRECT_H

#include "backend/gpu/gpu_program.h"
#include "ops/conv.h"

/* last: the channels are; back: ConvTranspose. */
lw_status lwi_gpu_direct(const lwi_call *call, bool last, bool back, lwi_gpu_step *step,
                         bool *taken);

#endif
