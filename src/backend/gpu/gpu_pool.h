/* SPDX-License-Identifier: MIT */
#ifndef LWI_GPU_POOL_H
#define LWI_GPU_POOL_H

#include "backend/gpu/gpu_backend.h"

/* kind: 0 maximum, 1 average of what is inside, 2 pads count. last: the channels are. */
lw_status lwi_gpu_pool(const lwi_call *call, bool last, int kind, lwi_gpu_step *step, bool *taken);

#endif
