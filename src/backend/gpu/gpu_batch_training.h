/* SPDX-License-Identifier: MIT */
#ifndef LWI_GPU_BATCH_TRAINING_H
#define LWI_GPU_BATCH_TRAINING_H

#include "backend/gpu/gpu_backend.h"

/* BatchNormalization in training mode. */
lw_status lwi_gpu_batch_training(const lwi_call *call, lwi_gpu_step *step, bool *taken);

#endif
