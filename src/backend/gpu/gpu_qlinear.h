/* SPDX-License-Identifier: MIT
 * Operators on codes whose scales and zero points are computed in the run. */
#ifndef LWI_GPU_QLINEAR_H
#define LWI_GPU_QLINEAR_H

#include "backend/gpu/gpu_backend.h"

/* QLinearSigmoid, QLinearLeakyRelu */
lw_status lwi_gpu_qlinear_map_parts(const lwi_call *call, lwi_gpu_step *step, bool *taken);
/* QLinearAdd, QLinearMul */
lw_status lwi_gpu_qlinear_binary_parts(const lwi_call *call, bool product, lwi_gpu_step *step,
                                       bool *taken);

#endif
