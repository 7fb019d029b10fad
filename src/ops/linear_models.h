/* SPDX-License-Identifier: MIT
 * LinearClassifier and LinearRegressor, for kernels that multiply the features by the coefficients
 * themselves. */
#ifndef LWI_LINEAR_MODELS_H
#define LWI_LINEAR_MODELS_H

#include "ops/ml_scores.h"

/* What the operators' prepare leaves in call->prepared. */
typedef struct lwi_linear {
    size_t rows, features, n_scores;
    const float *coefficients, *intercepts; /* [n_scores, features]; [n_scores], NULL for none */
    lwi_post_transform transform;
    lwi_labels labels; /* of a classifier */
    void *packed;      /* of a kernel */
} lwi_linear;

lw_status lwi_linear_classifier_prepare(lwi_call *call);
lw_status lwi_linear_regressor_prepare(lwi_call *call);
/* The rest of the run: scores is [rows, n_scores], intercepts included; NULL: computes them. */
lw_status lwi_linear_classifier_finish(lwi_call *call, const float *scores);
lw_status lwi_linear_regressor_finish(lwi_call *call, const float *scores);

#endif
