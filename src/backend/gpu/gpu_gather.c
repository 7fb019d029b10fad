/* SPDX-License-Identifier: MIT
 * Elements that indices name: Gather, GatherElements, GatherND, ScatterElements and ScatterND. */
#include "backend/gpu/gpu_backend.h"

#include <stdio.h>
#include <string.h>

enum { MOST_RANK = 20, PLAN = 44 };
/* Places in the plans of kernels/move.k. */
enum { DIMS = 4, STRIDES = 24 };

typedef enum by_bits { GATHER, GATHER_PLACES, SCATTER_PLACES } by_bits;

static const char *kernel_for(by_bits what, const lw_value *v) {
    static const char *const names[3][4] = {
        {"gather_8", "gather_16", "gather_32", "gather_64"},
        {"gather_places_8", "gather_places_16", "gather_places_32", "gather_places_64"},
        {"scatter_places_8", "scatter_places_16", "scatter_places_32", "scatter_places_64"}};
    const size_t size = lwi_dtype_size(v->dtype);
    return names[what][size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : 3];
}

/* Indices of int32 or int64, and no axis of which none could be taken. */
static bool takes(const lwi_call *c, lwi_gpu_step *step) {
    const lwi_gpu_type type = lwi_gpu_type_of(c->in[1]->dtype);
    const bool fits = lwi_gpu_moves(c) && (type == LWI_GPU_I32 || type == LWI_GPU_I64) &&
                      c->in[0]->count > 0 && c->in[0]->rank <= MOST_RANK;
    if (!fits) snprintf(step->reason, sizeof step->reason, "its type, or it has 2^31 elements");
    return fits;
}

lw_status lwi_gpu_gather(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_gpu_launch *launch = NULL;
    size_t outer, dim, inner;
    int axis = 0;
    if (!takes(c, step)) return LW_OK;
    LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", 0), c->in[0]->rank, &axis));
    lwi_split_axis(c->in[0], axis, &outer, &dim, &inner);
    LW_TRY(lwi_gpu_items(step, kernel_for(GATHER, c->out[0]), c->out[0]->count, &launch));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_in(launch, c, 1);
    lwi_gpu_out(launch, 0);
    lwi_gpu_mistake(step, launch);
    lwi_gpu_int(launch, lwi_gpu_type_of(c->in[1]->dtype));
    lwi_gpu_int(launch, (int64_t)dim);
    lwi_gpu_int(launch, (int64_t)inner);
    lwi_gpu_int(launch, (int64_t)c->in[1]->count);
    lwi_gpu_int(launch, (int64_t)c->out[0]->count);
    *taken = true;
    return LW_OK;
}

/* ------------------------------------------------------------------- places */

static lw_status plan_elements(const lwi_call *c, int32_t plan[PLAN]) {
    const lw_value *data = c->in[0], *index = c->in[1];
    size_t strides[LW_MAX_RANK];
    int axis = 0;
    LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", 0), data->rank, &axis));
    lwi_strides(data->rank, data->dims, strides);
    plan[0] = data->rank;
    plan[1] = axis;
    plan[2] = (int32_t)data->dims[axis];
    for (int d = 0; d < data->rank; d++) {
        if (d != axis && index->dims[d] > data->dims[d])
            return lwi_call_fail(c, LW_SHAPE, "axis %d has %lld indices for %lld elements", d,
                                 (long long)index->dims[d], (long long)data->dims[d]);
        plan[DIMS + d] = (int32_t)index->dims[d];
        plan[STRIDES + d] = (int32_t)strides[d];
    }
    return LW_OK;
}

/* *slice: elements that a tuple names. */
static void plan_tuples(const lwi_call *c, int batch_dims, int32_t plan[PLAN], size_t *slice) {
    const lw_value *data = c->in[0], *index = c->in[1];
    size_t strides[LW_MAX_RANK], tuples = 1, batch = data->count;
    const int last = index->rank - 1, n = (int)index->dims[last];
    lwi_strides(data->rank, data->dims, strides);
    for (int d = batch_dims; d < last; d++)
        tuples *= (size_t)index->dims[d];
    for (int d = 0; d < batch_dims; d++)
        batch /= (size_t)data->dims[d];
    plan[0] = n;
    plan[1] = (int32_t)tuples;
    plan[2] = (int32_t)batch;
    *slice = batch;
    for (int k = 0; k < n; k++) {
        plan[DIMS + k] = (int32_t)data->dims[batch_dims + k];
        plan[STRIDES + k] = (int32_t)strides[batch_dims + k];
        *slice /= (size_t)data->dims[batch_dims + k];
    }
}

/* What is read, and how many elements: those of the output, or of the updates. */
static lw_status launch_places(const lwi_call *c, by_bits what, const int32_t plan[PLAN],
                               size_t read, size_t inner, size_t n, lwi_gpu_step *step) {
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_items(step, kernel_for(what, c->out[0]), n, &launch));
    LW_TRY(lwi_gpu_data(step, launch, plan, PLAN * sizeof *plan));
    lwi_gpu_in(launch, c, read);
    lwi_gpu_in(launch, c, 1);
    lwi_gpu_out(launch, 0);
    lwi_gpu_mistake(step, launch);
    lwi_gpu_int(launch, lwi_gpu_type_of(c->in[1]->dtype));
    lwi_gpu_int(launch, (int64_t)inner);
    lwi_gpu_int(launch, (int64_t)n);
    return LW_OK;
}

lw_status lwi_gpu_gather_elements(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    int32_t plan[PLAN] = {0};
    if (!takes(c, step)) return LW_OK;
    LW_TRY(plan_elements(c, plan));
    *taken = true;
    return launch_places(c, GATHER_PLACES, plan, 0, 0, c->out[0]->count, step);
}

lw_status lwi_gpu_gather_nd(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    int32_t plan[PLAN] = {0};
    size_t slice = 0;
    if (!takes(c, step)) return LW_OK;
    plan_tuples(c, (int)lwi_attr_int(c->node, "batch_dims", 0), plan, &slice);
    *taken = true;
    return launch_places(c, GATHER_PLACES, plan, 0, slice, c->out[0]->count, step);
}

/* 0: updates replace; else how kernels/place.k combines them with what is there. */
static lw_status find_reduction(const lwi_call *c, int *how) {
    static const char *const names[] = {"none", "add", "mul", "max", "min"};
    const char *text = lwi_attr_string(c->node, "reduction", "none");
    for (*how = 0; *how < 5; ++*how)
        if (!strcmp(names[*how], text)) return LW_OK;
    return lwi_call_fail(c, LW_INVALID, "there is no reduction '%s'", text);
}

/* Lines of updates that meet each other nowhere, an item for each; n of them. */
static lw_status launch_combine(const lwi_call *c, const char *kernel, const int32_t plan[PLAN],
                                int how, size_t tuples, size_t n, lwi_gpu_step *step) {
    const int types = (int)lwi_gpu_type_of(c->in[0]->dtype) | (int)lwi_gpu_type_of(c->in[1]->dtype)
                                                                  << 4;
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_items(step, kernel, n, &launch));
    LW_TRY(lwi_gpu_data(step, launch, plan, PLAN * sizeof *plan));
    lwi_gpu_in(launch, c, 2);
    lwi_gpu_in(launch, c, 1);
    lwi_gpu_out(launch, 0);
    lwi_gpu_mistake(step, launch);
    lwi_gpu_int(launch, types);
    lwi_gpu_int(launch, how);
    if (tuples) lwi_gpu_int(launch, (int64_t)tuples);
    lwi_gpu_int(launch, (int64_t)n);
    return LW_OK;
}

static bool takes_scatter(const lwi_call *c, int how, lwi_gpu_step *step) {
    if (!takes(c, step)) return false;
    if (how == 0 || lwi_gpu_orders(step, lwi_gpu_type_of(c->in[0]->dtype))) return true;
    snprintf(step->reason, sizeof step->reason, "a reduction in its type");
    return false;
}

/* A copy of the data, then the updates. */
static lw_status launch_scatter(const lwi_call *c, const int32_t plan[PLAN], size_t inner, int how,
                                lwi_gpu_step *step) {
    LW_TRY(lwi_gpu_copy(step, c, 0, 0));
    const size_t n = c->in[2]->count;
    if (n == 0) return LW_OK;
    if (how && inner) return launch_combine(c, "combine_tuples", plan, how, n / inner, inner, step);
    if (how)
        return launch_combine(c, "combine_elements", plan, how, 0, n / (size_t)plan[DIMS + plan[1]],
                              step);
    return launch_places(c, SCATTER_PLACES, plan, 2, inner, c->in[2]->count, step);
}

lw_status lwi_gpu_scatter_elements(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    int32_t plan[PLAN] = {0};
    int how = 0;
    LW_TRY(find_reduction(c, &how));
    if (!takes_scatter(c, how, step)) return LW_OK;
    if (c->in[2]->count != c->in[1]->count || c->in[1]->rank != c->in[0]->rank)
        return lwi_gpu_refuse(step, "shapes that do not match");
    LW_TRY(plan_elements(c, plan));
    *taken = true;
    return launch_scatter(c, plan, 0, how, step);
}

lw_status lwi_gpu_scatter_nd(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    int32_t plan[PLAN] = {0};
    size_t slice = 0;
    const lw_value *index = c->in[1];
    int how = 0;
    LW_TRY(find_reduction(c, &how));
    if (!takes_scatter(c, how, step)) return LW_OK;
    if (index->rank < 1 || index->dims[index->rank - 1] < 1 ||
        index->dims[index->rank - 1] > c->in[0]->rank)
        return lwi_gpu_refuse(step, "shapes that do not match");
    plan_tuples(c, 0, plan, &slice);
    if (c->in[2]->count != index->count / (size_t)index->dims[index->rank - 1] * slice)
        return lwi_gpu_refuse(step, "shapes that do not match");
    *taken = true;
    return launch_scatter(c, plan, slice, how, step);
}
