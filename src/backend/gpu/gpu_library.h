/* SPDX-License-Identifier: MIT
 * Products by a library of the device's (cuBLASLt), if there is one that takes them. */
#ifndef LWI_GPU_LIBRARY_H
#define LWI_GPU_LIBRARY_H

#include "backend/gpu/gpu_backend.h"

/* The call is done by the step's only launch so far, of a kernel of ours: that becomes what is
 * launched otherwise. What an epilogue does follows in a launch of its own. */
lw_status lwi_gpu_launch_library(const lwi_call *call, const lwi_device_product *wanted,
                                 size_t own_inputs, lwi_gpu_step *step);

#endif
