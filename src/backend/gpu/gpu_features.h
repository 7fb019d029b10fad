/* SPDX-License-Identifier: MIT
 * What models of ai.onnx.ml share on devices. */
#ifndef LWI_GPU_FEATURES_H
#define LWI_GPU_FEATURES_H

#include "backend/gpu/gpu_backend.h"
#include "ops/ml_scores.h"

/* Numbers as kernels compute (WIDE_NUMBER): doubles, or floats where the device has none. */
lw_status lwi_gpu_wide_data(const lwi_call *call, const double *numbers, size_t n,
                            lwi_gpu_step *step, lwi_gpu_launch *launch);

/* What finish_scores in kernels/scores.k reads. */
enum {
    LWI_GPU_TRANSFORM,
    LWI_GPU_SCORES,
    LWI_GPU_GIVEN,
    LWI_GPU_KIND,
    LWI_GPU_LABELS,
    LWI_GPU_ONLY,
    LWI_GPU_POSITIVE,
    LWI_GPU_ALL_COUNT,
    LWI_GPU_WANTED,
    LWI_GPU_SCORE_TYPE,
    LWI_GPU_HOW
};
enum { LWI_GPU_REGRESSOR, LWI_GPU_LINEAR_CLASSES, LWI_GPU_ONE_CLASS, LWI_GPU_CLASSES };

/* Arguments how and labels; labels is NULL for a regressor. */
lw_status lwi_gpu_give_scores_how(const lwi_call *call, int32_t how[LWI_GPU_HOW],
                                  const lwi_labels *labels, lwi_gpu_step *step,
                                  lwi_gpu_launch *launch);
/* Those of labels and scores; a classifier has both as outputs. */
void lwi_gpu_give_score_outputs(const lwi_call *call, bool classifies, lwi_gpu_launch *launch);
bool lwi_gpu_takes_features(const lwi_call *call, const lwi_gpu_step *step);

#endif
