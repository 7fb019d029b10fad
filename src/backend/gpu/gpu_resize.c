/* SPDX-License-Identifier: MIT
 * Resize, with the channels first or last: sums by the tables of ops/resize_axis.c. */
#include "backend/gpu/gpu_backend.h"
#include "ops/channels_last.h"
#include "ops/resize.h"

#include <string.h>

enum { MOST_AXES = 3, MOST_RANK = 20, TABLES = 64, INPUTS = 4 };
/* Places in the plan of kernels/resample.k. */
enum { DIMS = 4, STRIDES = 24, AXES = 44 };

/* Where axis d of [N, C, ...] lies in the tensor. */
static int place_of(int d, int rank, bool last) {
    if (!last || d == 0) return d;
    return d == 1 ? rank - 1 : d - 1;
}

static size_t table_ints(const lwi_resize *r) {
    size_t n = TABLES;
    for (int d = 0; d < r->rank; d++)
        if (!r->axes[d].same) n += 2 * (size_t)r->axes[d].out * r->axes[d].taps;
    return n;
}

static size_t write_table(const lwi_resize_axis *a, size_t at, int32_t *plan) {
    for (size_t i = 0; i < (size_t)a->out * a->taps; i++) {
        const float weight = a->weight ? (float)a->weight[i] : 1;
        plan[at++] = (int32_t)a->index[i];
        memcpy(&plan[at++], &weight, sizeof weight);
    }
    return at;
}

static void write_plan(const lwi_call *c, const lwi_resize *r, bool last, int32_t *plan) {
    const lw_value *x = c->in[0], *y = c->out[0];
    size_t strides[LW_MAX_RANK], at = TABLES;
    lwi_strides(x->rank, x->dims, strides);
    plan[0] = y->rank;
    for (int d = 0; d < r->rank; d++) {
        const int place = place_of(d, r->rank, last);
        plan[DIMS + place] = (int32_t)y->dims[place];
        plan[STRIDES + place] = r->axes[d].same ? (int32_t)strides[place] : 0;
        if (r->axes[d].same) continue;
        int32_t *axis = plan + AXES + 4 * plan[1]++;
        axis[0] = place;
        axis[1] = (int32_t)r->axes[d].taps;
        axis[2] = (int32_t)at;
        axis[3] = (int32_t)strides[place];
        at = write_table(&r->axes[d], at, plan);
    }
}

static lw_status launch(const lwi_call *c, const lwi_resize *r, bool last, lwi_gpu_step *step) {
    int32_t *plan = NULL;
    lwi_call scratch = *c;
    lwi_gpu_launch *launch = NULL;
    const size_t n = table_ints(r);
    LW_TRY(lwi_scratch(&scratch, n, sizeof *plan, &plan));
    memset(plan, 0, n * sizeof *plan);
    write_plan(c, r, last, plan);
    LW_TRY(lwi_gpu_items(step, LWI_GPU_KERNEL(lwi_gpu_has_doubles(c), "resize_by_tables"),
                         c->out[0]->count, &launch));
    LW_TRY(lwi_gpu_data(step, launch, plan, n * sizeof *plan));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, lwi_gpu_type_of(c->in[0]->dtype));
    lwi_gpu_int(launch, (int64_t)c->out[0]->count);
    return LW_OK;
}

static lw_status plan_resize(const lwi_call *c, bool last, lwi_gpu_step *step, bool *taken) {
    lwi_channels_first first;
    lwi_call call = *c;
    lwi_resize r;
    int changed = 0;
    if (!lwi_gpu_moves(c) || !lwi_gpu_is_real(step, c->in[0]->dtype) ||
        c->in[0]->rank > MOST_RANK || c->in[0]->count == 0)
        return lwi_gpu_refuse(step, "its type");
    if (last) LW_TRY(lwi_channels_first_call(c, INPUTS, &first));
    LW_TRY(lwi_resize_read(last ? &first.call : &call, &r));
    for (int d = 0; d < r.rank; d++)
        changed += !r.axes[d].same;
    if (r.crop || changed > MOST_AXES)
        return lwi_gpu_refuse(step, "a region, or more than three axes");
    *taken = true;
    return launch(c, &r, last, step);
}

lw_status lwi_gpu_resize(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_resize(c, false, step, taken);
}

lw_status lwi_gpu_last_resize(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_resize(c, true, step, taken);
}
