/* SPDX-License-Identifier: MIT
 * Softmax and normalizations over the last axes. */
#include "backend/gpu/gpu_backend.h"

/* The axis from 0, if all elements from it on are a row. */
static bool is_last(const lwi_call *c, bool one, int *axis) {
    const int rank = c->in[0]->rank;
    if (rank < 1 || lwi_axis(c, lwi_attr_int(c->node, "axis", -1), rank, axis) != LW_OK)
        return false;
    return !one || *axis == rank - 1;
}

static size_t row_size(const lw_value *x, int axis) {
    size_t n = 1;
    for (int d = axis; d < x->rank; d++)
        n *= (size_t)x->dims[d];
    return n;
}

lw_status lwi_gpu_softmax(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_gpu_launch *launch = NULL;
    int axis = 0;
    if (!lwi_gpu_all_float(c) || !is_last(c, true, &axis))
        return lwi_gpu_refuse(step, "its type, or it is not over the last axis");
    const size_t n = row_size(c->in[0], axis);
    LW_TRY(lwi_gpu_groups(step, "softmax_f32", c->in[0]->count / n, 1, 1, &launch));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, (int64_t)n);
    *taken = true;
    return LW_OK;
}

static lw_status plan_norm(const lwi_call *c, bool centre, lwi_gpu_step *step, bool *taken) {
    lwi_gpu_launch *launch = NULL;
    int axis = 0;
    for (size_t k = 1; k < c->n_out; k++)
        if (c->out[k]) return lwi_gpu_refuse(step, "its mean or deviation is wanted");
    if (!lwi_gpu_all_float(c) || !is_last(c, false, &axis)) return lwi_gpu_refuse(step, "its type");
    const size_t n = row_size(c->in[0], axis);
    for (size_t i = 1; i < c->n_in; i++)
        if (lwi_has(c, i) && c->in[i]->count != n)
            return lwi_gpu_refuse(step, "scale or bias is broadcast");
    LW_TRY(lwi_gpu_groups(step, "normalize_f32", c->in[0]->count / n, 1, 1, &launch));
    for (size_t i = 0; i < 3; i++)
        lwi_gpu_in(launch, c, i);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, (int64_t)n);
    lwi_gpu_int(launch, centre);
    lwi_gpu_int(launch, lwi_has(c, 2));
    lwi_gpu_float(launch, lwi_attr_float(c->node, "epsilon", 1e-5f));
    *taken = true;
    return LW_OK;
}

lw_status lwi_gpu_layer_normalization(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_norm(c, true, step, taken);
}

lw_status lwi_gpu_rms_normalization(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_norm(c, false, step, taken);
}
