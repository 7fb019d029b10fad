/* SPDX-License-Identifier: MIT
 * Normalizations over other axes than the last: LRN, LpNormalization, Hardmax,
 * MeanVarianceNormalization, and BatchNormalization where no pass has made a product of it. */
#include "backend/gpu/gpu_batch_training.h"
#include "backend/gpu/gpu_backend.h"
#include "backend/gpu/gpu_reduce.h"
#include "ops/reduce.h"

static bool takes(const lwi_call *c, const lwi_gpu_step *step) {
    return lwi_gpu_moves(c) && lwi_gpu_is_real(step, c->in[0]->dtype) && c->out[0] &&
           c->in[0]->count > 0;
}

static lw_status plan_response(const lwi_call *c, bool last, lwi_gpu_step *step, bool *taken) {
    const lw_value *x = c->in[0];
    const int64_t size = lwi_attr_int(c->node, "size", 1);
    lwi_gpu_launch *launch = NULL;
    size_t outer, channels, inner;
    if (!takes(c, step) || size > INT32_MAX) return lwi_gpu_refuse(step, "its type");
    lwi_split_axis(x, last ? x->rank - 1 : 1, &outer, &channels, &inner);
    LW_TRY(lwi_gpu_items(step, LWI_GPU_KERNEL(lwi_gpu_has_doubles(c), "local_response"), x->count,
                         &launch));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, lwi_gpu_type_of(x->dtype));
    lwi_gpu_int(launch, (int64_t)channels);
    lwi_gpu_int(launch, (int64_t)inner);
    lwi_gpu_int(launch, (size - 1) / 2);
    lwi_gpu_int(launch, size / 2);
    lwi_gpu_float(launch, lwi_attr_float(c->node, "alpha", 1e-4f));
    lwi_gpu_float(launch, lwi_attr_float(c->node, "beta", 0.75f));
    lwi_gpu_float(launch, lwi_attr_float(c->node, "bias", 1));
    lwi_gpu_int(launch, (int64_t)x->count);
    *taken = true;
    return LW_OK;
}

lw_status lwi_gpu_lrn(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_response(c, false, step, taken);
}

lw_status lwi_gpu_last_lrn(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_response(c, true, step, taken);
}

/* ------------------------------------------------------------------- columns */

static lw_status find_column(const lwi_call *c, size_t *outer, size_t *n, size_t *inner) {
    int axis = 0;
    *outer = *n = *inner = 1;
    if (c->in[0]->rank == 0) return LW_OK;
    LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", -1), c->in[0]->rank, &axis));
    lwi_split_axis(c->in[0], axis, outer, n, inner);
    return LW_OK;
}

lw_status lwi_gpu_lp_normalization(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_gpu_launch *launch = NULL;
    size_t outer, n, inner;
    if (!takes(c, step)) return lwi_gpu_refuse(step, "its type");
    LW_TRY(find_column(c, &outer, &n, &inner));
    LW_TRY(lwi_gpu_groups(step, LWI_GPU_KERNEL(lwi_gpu_has_doubles(c), "lp_normalize"),
                          outer * inner, 1, 1, &launch));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, lwi_gpu_type_of(c->in[0]->dtype));
    lwi_gpu_int(launch, (int64_t)n);
    lwi_gpu_int(launch, (int64_t)inner);
    lwi_gpu_int(launch, lwi_attr_int(c->node, "p", 2) == 2);
    *taken = true;
    return LW_OK;
}

lw_status lwi_gpu_hardmax(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_gpu_launch *launch = NULL;
    size_t outer, n, inner;
    if (!takes(c, step)) return lwi_gpu_refuse(step, "its type");
    LW_TRY(find_column(c, &outer, &n, &inner));
    LW_TRY(lwi_gpu_items(step, LWI_GPU_KERNEL(lwi_gpu_has_doubles(c), "hardmax"), outer * inner,
                         &launch));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, lwi_gpu_type_of(c->in[0]->dtype));
    lwi_gpu_int(launch, (int64_t)n);
    lwi_gpu_int(launch, (int64_t)inner);
    lwi_gpu_int(launch, (int64_t)(outer * inner));
    *taken = true;
    return LW_OK;
}

/* ------------------------------------------------------------------ statistics */

lw_status lwi_gpu_mean_variance_normalization(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    static const int64_t usual[] = {0, 2, 3};
    size_t n = 0;
    const int64_t *axes = lwi_attr_ints(c->node, "axes", &n);
    uint32_t set = 0;
    lwi_reduction r;
    int32_t plan[LWI_GPU_REDUCE_PLAN] = {0};
    lwi_gpu_launch *launch = NULL;
    if (!takes(c, step)) return lwi_gpu_refuse(step, "its type");
    LW_TRY(lwi_axes(c, axes ? axes : usual, axes ? n : 3, c->in[0]->rank, &set));
    lwi_plan_reduction(&r, c->in[0], set);
    lwi_gpu_reduce_plan(&r, plan);
    LW_TRY(lwi_gpu_groups(step, LWI_GPU_KERNEL(lwi_gpu_has_doubles(c), "mean_variance"), r.groups,
                          1, 1, &launch));
    LW_TRY(lwi_gpu_data(step, launch, plan, sizeof plan));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, lwi_gpu_type_of(c->in[0]->dtype));
    lwi_gpu_int(launch, (int64_t)r.size);
    lwi_gpu_float(launch, 1e-9);
    *taken = true;
    return LW_OK;
}

lw_status lwi_gpu_batch_normalization(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const lw_value *x = c->in[0];
    size_t outer = 1, channels = 1, inner = 1;
    int types = 0;
    lwi_gpu_launch *launch = NULL;
    if (lwi_attr_int(c->node, "training_mode", 0)) return lwi_gpu_batch_training(c, step, taken);
    for (size_t i = 0; i < 5; i++) {
        const lwi_gpu_type type = lwi_gpu_type_of(c->in[i]->dtype);
        if (!takes(c, step) || !lwi_gpu_is_real(step, c->in[i]->dtype))
            return lwi_gpu_refuse(step, "its types");
        types |= (int)type << (4 * i);
    }
    if (x->rank > 1) lwi_split_axis(x, 1, &outer, &channels, &inner);
    LW_TRY(lwi_gpu_items(step, LWI_GPU_KERNEL(lwi_gpu_has_doubles(c), "batch_normalize"), x->count,
                         &launch));
    for (size_t i = 0; i < 5; i++)
        lwi_gpu_in(launch, c, i);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, types);
    lwi_gpu_int(launch, (int64_t)channels);
    lwi_gpu_int(launch, (int64_t)inner);
    lwi_gpu_float(launch, lwi_attr_float(c->node, "epsilon", 1e-5f));
    lwi_gpu_int(launch, (int64_t)x->count);
    *taken = true;
    return LW_OK;
}
