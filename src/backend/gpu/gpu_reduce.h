/* SPDX-License-Identifier: MIT
 * Reductions in the form that kernels read (kernels/reduce.k). */
#ifndef LWI_GPU_REDUCE_H
#define LWI_GPU_REDUCE_H

#include "ops/reduce.h"

enum { LWI_GPU_REDUCE_PLAN = 84 };
void lwi_gpu_reduce_plan(const lwi_reduction *reduction, int32_t plan[LWI_GPU_REDUCE_PLAN]);

#endif
