/* SPDX-License-Identifier: MIT
 * LinearClassifier and LinearRegressor of ai.onnx.ml, and what they share with forests. */
#include "backend/gpu/gpu_features.h"
#include "ops/linear_models.h"

#include <string.h>

bool lwi_gpu_takes_features(const lwi_call *c, const lwi_gpu_step *step) {
    return lwi_gpu_moves(c) && lwi_gpu_orders(step, lwi_gpu_type_of(c->in[0]->dtype)) &&
           c->in[0]->rank > 0 && c->in[0]->count > 0;
}

lw_status lwi_gpu_give_scores_how(const lwi_call *c, int32_t how[LWI_GPU_HOW],
                                  const lwi_labels *labels, lwi_gpu_step *step,
                                  lwi_gpu_launch *launch) {
    static const int64_t none = 0;
    const bool two = labels && c->n_out > 1 && c->out[1], first = c->out[0];
    const lw_value *scores = !labels ? c->out[0] : two ? c->out[1] : NULL;
    const bool whole = labels && labels->ints;
    how[LWI_GPU_WANTED] = labels ? (first && whole ? 1 : 0) | (two ? 2 : 0) : 2;
    how[LWI_GPU_SCORE_TYPE] = scores ? (int32_t)lwi_gpu_type_of(scores->dtype) : 0;
    how[LWI_GPU_LABELS] = labels ? (int32_t)labels->n : 0;
    LW_TRY(lwi_gpu_data(step, launch, how, LWI_GPU_HOW * sizeof *how));
    return lwi_gpu_data(step, launch, whole ? labels->ints : &none,
                        (whole ? labels->n : 1) * sizeof none);
}

void lwi_gpu_give_score_outputs(const lwi_call *c, bool classifies, lwi_gpu_launch *launch) {
    const bool two = c->n_out > 1 && c->out[1];
    lwi_gpu_out(launch, c->out[0] ? 0 : 1);
    lwi_gpu_out(launch, classifies && two ? 1 : 0);
}

/* Strings are no labels here: lwi_gpu_moves refuses them. */
static lw_status plan_linear(const lwi_call *c, bool classifies, lwi_gpu_step *step, bool *taken) {
    lwi_call call = *c;
    float *numbers = NULL;
    lwi_gpu_launch *launch = NULL;
    if (!lwi_gpu_takes_features(c, step))
        return lwi_gpu_refuse(step, "its types, or it has strings");
    LW_TRY(classifies ? lwi_linear_classifier_prepare(&call) : lwi_linear_regressor_prepare(&call));
    const lwi_linear *m = call.prepared;
    const size_t n = m->n_scores, factors = n * m->features;
    int32_t how[LWI_GPU_HOW] = {[LWI_GPU_TRANSFORM] = (int32_t)m->transform,
                                [LWI_GPU_SCORES] = (int32_t)n,
                                [LWI_GPU_GIVEN] = (int32_t)n,
                                [LWI_GPU_KIND] =
                                    classifies ? LWI_GPU_LINEAR_CLASSES : LWI_GPU_REGRESSOR};
    if (classifies && n == 1 && m->labels.n == 2) how[LWI_GPU_GIVEN] = 2;
    LW_TRY(lwi_scratch(&call, factors + n, sizeof *numbers, &numbers));
    memcpy(numbers, m->coefficients, factors * sizeof *numbers);
    for (size_t i = 0; i < n; i++)
        numbers[factors + i] = m->intercepts ? m->intercepts[i] : 0;
    LW_TRY(lwi_gpu_items(step, "linear_scores", m->rows, &launch));
    LW_TRY(lwi_gpu_give_scores_how(c, how, classifies ? &m->labels : NULL, step, launch));
    LW_TRY(lwi_gpu_data(step, launch, numbers, (factors + n) * sizeof *numbers));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_give_score_outputs(c, classifies, launch);
    lwi_gpu_scratch(step, launch, m->rows * (n + 1) * sizeof(double));
    lwi_gpu_int(launch, lwi_gpu_type_of(c->in[0]->dtype));
    lwi_gpu_int(launch, (int64_t)m->features);
    lwi_gpu_int(launch, (int64_t)m->rows);
    *taken = true;
    return LW_OK;
}

lw_status lwi_gpu_linear_classifier(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_linear(c, true, step, taken);
}

lw_status lwi_gpu_linear_regressor(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_linear(c, false, step, taken);
}
