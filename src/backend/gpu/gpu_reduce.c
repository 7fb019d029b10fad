/* SPDX-License-Identifier: MIT
 * ReduceSum and its kin, global pools, ArgMax and ArgMin, CumSum and CumProd. */
#include "backend/gpu/gpu_reduce.h"

#include "backend/gpu/gpu_backend.h"
#include "ops/reduce_steps.h"

#include <string.h>

enum { PLAN = LWI_GPU_REDUCE_PLAN, LARGE = 64 /* elements that are worth a group */ };
/* Places in the plan of kernels/reduce.k. */
enum { KEPT = 4, REDUCED = 44, STRIDES = 20 };

void lwi_gpu_reduce_plan(const lwi_reduction *r, int32_t plan[PLAN]) {
    plan[0] = r->n_kept;
    plan[1] = r->n_reduced;
    for (int d = 0; d < r->n_kept; d++) {
        plan[KEPT + d] = (int32_t)r->kept[d];
        plan[KEPT + STRIDES + d] = (int32_t)r->kept_stride[d];
    }
    for (int d = 0; d < r->n_reduced; d++) {
        plan[REDUCED + d] = (int32_t)r->reduced[d];
        plan[REDUCED + STRIDES + d] = (int32_t)r->reduced_stride[d];
    }
}

/* Neighbouring outputs that read neighbours are better off with an item each. */
static bool wants_groups(const lwi_reduction *r) {
    const bool columns = r->n_kept && r->kept_stride[r->n_kept - 1] == 1;
    return r->size >= LARGE && (!columns || r->groups < LARGE);
}

static lw_status launch_reduction(const lwi_call *c, const lwi_reduction *r, lwi_reduce_kind kind,
                                  lwi_gpu_step *step) {
    const lwi_gpu_type from = lwi_gpu_type_of(c->in[0]->dtype);
    const bool wide = from == LWI_GPU_F64, floats = wide || lwi_gpu_is_float(from);
    const bool groups = floats && wants_groups(r);
    int32_t plan[PLAN] = {0};
    lwi_gpu_launch *launch = NULL;
    lwi_gpu_reduce_plan(r, plan);
    if (groups)
        LW_TRY(
            lwi_gpu_groups(step, LWI_GPU_KERNEL(wide, "reduce_groups"), r->groups, 1, 1, &launch));
    else
        LW_TRY(lwi_gpu_items(step,
                             floats ? LWI_GPU_KERNEL(wide, "reduce_items") : "reduce_integers",
                             r->groups, &launch));
    LW_TRY(lwi_gpu_data(step, launch, plan, sizeof plan));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, (int)from | (int)lwi_gpu_type_of(c->out[0]->dtype) << 4);
    lwi_gpu_int(launch, kind);
    lwi_gpu_int(launch, (int64_t)r->size);
    if (!groups) lwi_gpu_int(launch, (int64_t)r->groups);
    return LW_OK;
}

static lw_status plan_over(const lwi_call *c, uint32_t axes, lwi_reduce_kind kind,
                           lwi_gpu_step *step, bool *taken) {
    const lwi_gpu_type type = lwi_gpu_type_of(c->in[0]->dtype);
    const bool halves = kind == LWI_REDUCE_MEAN || kind == LWI_REDUCE_L2 ||
                        kind == LWI_REDUCE_LOG_SUM || kind == LWI_REDUCE_LOG_SUM_EXP;
    const bool whole = !lwi_gpu_is_float(type) && type != LWI_GPU_F64;
    lwi_reduction r;
    if (!lwi_gpu_moves(c) || !lwi_gpu_orders(step, type) || c->in[0]->count == 0 ||
        (whole && halves))
        return lwi_gpu_refuse(step, "its type, or it has no elements or 2^31");
    lwi_plan_reduction(&r, c->in[0], axes);
    *taken = true;
    return launch_reduction(c, &r, kind, step);
}

lw_status lwi_gpu_reduce(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    static const char *const names[LWI_REDUCE_KINDS] = {
        [LWI_REDUCE_SUM] = "ReduceSum",        [LWI_REDUCE_MEAN] = "ReduceMean",
        [LWI_REDUCE_LOG_SUM] = "ReduceLogSum", [LWI_REDUCE_L1] = "ReduceL1",
        [LWI_REDUCE_L2] = "ReduceL2",          [LWI_REDUCE_SUM_SQUARE] = "ReduceSumSquare",
        [LWI_REDUCE_PROD] = "ReduceProd",      [LWI_REDUCE_MAX] = "ReduceMax",
        [LWI_REDUCE_MIN] = "ReduceMin",        [LWI_REDUCE_LOG_SUM_EXP] = "ReduceLogSumExp"};
    lwi_call call = *c;
    uint32_t axes = 0;
    int kind = 0;
    while (kind < LWI_REDUCE_KINDS && strcmp(names[kind], c->node->op_type) != 0)
        kind++;
    LW_TRY(lwi_reduced_axes(&call, &axes));
    return plan_over(c, axes, (lwi_reduce_kind)kind, step, taken);
}

/* -------------------------------------------------------------- global pools */

static lw_status plan_global(const lwi_call *c, bool last, lwi_reduce_kind kind, lwi_gpu_step *step,
                             bool *taken) {
    const int rank = c->in[0]->rank;
    const uint32_t all = UINT32_MAX >> (32 - rank);
    const uint32_t channel = last ? 1u << (rank - 1) : 2u;
    if (!lwi_gpu_is_real(step, c->in[0]->dtype)) return lwi_gpu_refuse(step, "its type");
    return plan_over(c, all & ~1u & ~channel, kind, step, taken);
}

lw_status lwi_gpu_last_global_average_pool(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_global(c, true, LWI_REDUCE_MEAN, step, taken);
}

lw_status lwi_gpu_last_global_max_pool(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_global(c, true, LWI_REDUCE_MAX, step, taken);
}

lw_status lwi_gpu_global_average_pool(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_global(c, false, LWI_REDUCE_MEAN, step, taken);
}

lw_status lwi_gpu_global_max_pool(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_global(c, false, LWI_REDUCE_MAX, step, taken);
}

/* ------------------------------------------------------------ along one axis */

/* [outer, dim, inner] around the axis; an item for each of outer times inner. */
static lw_status launch_columns(const lwi_call *c, const char *kernel, int axis, const int *flags,
                                lwi_gpu_step *step) {
    size_t outer, dim, inner;
    lwi_gpu_launch *launch = NULL;
    lwi_split_axis(c->in[0], axis, &outer, &dim, &inner);
    LW_TRY(lwi_gpu_items(step, kernel, outer * inner, &launch));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, lwi_gpu_type_of(c->in[0]->dtype));
    lwi_gpu_int(launch, (int64_t)dim);
    lwi_gpu_int(launch, (int64_t)inner);
    lwi_gpu_int(launch, flags[0]);
    lwi_gpu_int(launch, flags[1]);
    lwi_gpu_int(launch, (int64_t)(outer * inner));
    return LW_OK;
}

static bool takes_columns(const lwi_call *c, const lwi_gpu_step *step) {
    return lwi_gpu_moves(c) && lwi_gpu_orders(step, lwi_gpu_type_of(c->in[0]->dtype)) &&
           c->in[0]->rank > 0 && c->in[0]->count > 0;
}

lw_status lwi_gpu_arg_extreme(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const int flags[2] = {!strcmp(c->node->op_type, "ArgMin"),
                          lwi_attr_int(c->node, "select_last_index", 0) != 0};
    int axis = 0;
    if (!takes_columns(c, step)) return lwi_gpu_refuse(step, "its type or shape");
    LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", 0), c->in[0]->rank, &axis));
    *taken = true;
    return launch_columns(c, "arg_extreme", axis, flags, step);
}

enum { RUNNING_PLAN = 24, RUNNING_DIMS = 4, MOST_RANK = 20 };

/* An axis that is computed in the run may be the shortest one. */
static lw_status plan_running(const lwi_call *c, int product, lwi_gpu_step *step, bool *taken) {
    const lw_value *x = c->in[0];
    const int flags = (lwi_attr_int(c->node, "exclusive", 0) != 0) |
                      (lwi_attr_int(c->node, "reverse", 0) != 0) << 1 | product << 2;
    int32_t plan[RUNNING_PLAN] = {x->rank};
    size_t shortest = x->count;
    lwi_gpu_launch *launch = NULL;
    const bool wide = x->dtype == LW_FLOAT64 || x->dtype == LW_UINT64;
    if (!lwi_gpu_moves(c) || x->rank < 1 || x->rank > MOST_RANK || x->count == 0 ||
        (wide ? !lwi_device_has(step->device, "doubles")
              : !lwi_gpu_is_plain(lwi_gpu_type_of(x->dtype))))
        return lwi_gpu_refuse(step, "its type or shape");
    for (int d = 0; d < x->rank; d++) {
        plan[RUNNING_DIMS + d] = (int32_t)x->dims[d];
        if ((size_t)x->dims[d] < shortest) shortest = (size_t)x->dims[d];
    }
    LW_TRY(lwi_gpu_items(step, "running_total", x->count / shortest, &launch));
    LW_TRY(lwi_gpu_data(step, launch, plan, sizeof plan));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_in(launch, c, 1);
    lwi_gpu_out(launch, 0);
    lwi_gpu_mistake(step, launch);
    lwi_gpu_int(launch, (int)lwi_gpu_type_of(x->dtype) | (int)lwi_gpu_type_of(c->in[1]->dtype)
                                                             << 4);
    lwi_gpu_int(launch, flags);
    lwi_gpu_int(launch, (int64_t)x->count);
    *taken = true;
    return LW_OK;
}

lw_status lwi_gpu_cum_sum(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_running(c, 0, step, taken);
}

lw_status lwi_gpu_cum_prod(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_running(c, 1, step, taken);
}
