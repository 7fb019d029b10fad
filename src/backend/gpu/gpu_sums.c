/* SPDX-License-Identifier: MIT
 * Einsum that no pass has made a product of, DFT, and Det: element by element. */
#include "backend/gpu/gpu_backend.h"
#include "ops/einsum.h"

#include <math.h>

enum { PLAN = 104, MOST_AXES = 20 };
/* Places in the plan of einsum in kernels/sums.k. */
enum { DIMS = 4, STEPS = 24 };

/* A float, or a double that the device has. */
static bool is_float(const lw_value *v, lwi_device *device) {
    const lwi_gpu_type type = lwi_gpu_type_of(v->dtype);
    return lwi_gpu_is_float(type) || (type == LWI_GPU_F64 && lwi_device_has(device, "doubles"));
}

/* ---------------------------------------------------------------------- Einsum */

static bool takes_einsum(const lwi_call *c, lwi_device *device, int *types) {
    *types = (int)lwi_gpu_type_of(c->out[0]->dtype) << 16;
    if (c->n_in > LWI_EINSUM_OPERANDS || !lwi_gpu_moves(c)) return false;
    for (size_t i = 0; i < c->n_in; i++) {
        const lwi_gpu_type type = lwi_gpu_type_of(c->in[i]->dtype);
        if (!lwi_gpu_is_integer(type) && !is_float(c->in[i], device)) return false;
        *types |= (int)type << (4 * i);
    }
    return true;
}

lw_status lwi_gpu_einsum(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_call call = *c;
    lwi_einsum_sum sum;
    int32_t plan[PLAN] = {0};
    int types = 0;
    size_t n = 1;
    lwi_gpu_launch *launch = NULL;
    if (!takes_einsum(c, step->device, &types))
        return lwi_gpu_refuse(step, "its types, or five operands");
    LW_TRY(lwi_einsum_sum_read(&call, &sum));
    const int axes = sum.n_out + sum.n_summed;
    for (int d = 0; d < axes && d < MOST_AXES; d++) {
        plan[DIMS + d] = (int32_t)sum.dims[d];
        if (d >= sum.n_out && __builtin_mul_overflow(n, sum.dims[d], &n)) n = INT32_MAX;
        for (size_t i = 0; i < c->n_in; i++)
            plan[STEPS + MOST_AXES * (int)i + d] = (int32_t)sum.strides[i][d];
    }
    if (axes > MOST_AXES || n >= INT32_MAX) return lwi_gpu_refuse(step, "more than 20 labels");
    plan[0] = sum.n_out;
    plan[1] = sum.n_summed;
    plan[2] = (int32_t)c->n_in;
    plan[3] = (int32_t)n;
    LW_TRY(lwi_gpu_items(step, "einsum", c->out[0]->count, &launch));
    LW_TRY(lwi_gpu_data(step, launch, plan, sizeof plan));
    for (size_t i = 0; i < LWI_EINSUM_OPERANDS; i++)
        lwi_gpu_in(launch, c, i);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, types);
    lwi_gpu_int(launch, (int64_t)c->out[0]->count);
    *taken = true;
    return LW_OK;
}

/* ------------------------------------------------------------------------- DFT */

enum { MOST_LENGTH = 1 << 22 };

/* Cosine and sine of each n-th of a turn, each as a float and what that lacks. */
static lw_status give_circle(const lwi_call *c, size_t n, lwi_gpu_step *step,
                             lwi_gpu_launch *launch) {
    lwi_call scratch = *c;
    float *circle = NULL;
    LW_TRY(lwi_scratch(&scratch, 4 * n, sizeof *circle, &circle));
    for (size_t i = 0; i < n; i++) {
        const double angle = 2 * M_PI * (double)i / (double)n, at[2] = {cos(angle), sin(angle)};
        for (size_t k = 0; k < 2; k++) {
            circle[4 * i + 2 * k] = (float)at[k];
            circle[4 * i + 2 * k + 1] = (float)(at[k] - (double)(float)at[k]);
        }
    }
    return lwi_gpu_data(step, launch, circle, 4 * n * sizeof *circle);
}

lw_status lwi_gpu_dft(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const lw_value *x = c->in[0], *y = c->out[0];
    const int x_parts = (int)x->dims[x->rank - 1], y_parts = (int)y->dims[y->rank - 1];
    const bool inverse = lwi_attr_int(c->node, "inverse", 0) != 0;
    const bool half = inverse && lwi_attr_int(c->node, "onesided", 0) != 0;
    int64_t given = -2, n = 0;
    size_t outer, dim, inner;
    int axis = 0;
    lwi_gpu_launch *launch = NULL;
    if (!lwi_gpu_moves(c) || !is_float(x, step->device)) return lwi_gpu_refuse(step, "its type");
    if (lwi_has(c, 2)) LW_TRY(lwi_in_int(c, 2, &given));
    LW_TRY(lwi_axis(c, given, x->rank, &axis));
    n = half ? 2 * (x->dims[axis] - 1) : x->dims[axis];
    if (lwi_has(c, 1)) LW_TRY(lwi_in_int(c, 1, &n));
    if (n < 1 || n > MOST_LENGTH) return lwi_gpu_refuse(step, "its length");
    lwi_split_axis(y, axis, &outer, &dim, &inner);
    LW_TRY(lwi_gpu_items(step, "fourier", y->count / (size_t)y_parts, &launch));
    LW_TRY(give_circle(c, (size_t)n, step, launch));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, lwi_gpu_type_of(x->dtype));
    lwi_gpu_int(launch, n);
    lwi_gpu_int(launch, x->dims[axis]);
    lwi_gpu_int(launch, (int64_t)dim);
    lwi_gpu_int(launch, (int64_t)inner / y_parts);
    lwi_gpu_int(launch, x_parts | y_parts << 4);
    lwi_gpu_int(launch, inverse);
    lwi_gpu_int(launch, half);
    lwi_gpu_int(launch, (int64_t)y->count / y_parts);
    *taken = true;
    return LW_OK;
}

/* ------------------------------------------------------------------------- Det */

lw_status lwi_gpu_det(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const lw_value *x = c->in[0];
    lwi_gpu_launch *launch = NULL;
    if (!lwi_gpu_moves(c) || !is_float(x, step->device)) return lwi_gpu_refuse(step, "its type");
    LW_TRY(lwi_gpu_items(step, "determinants", c->out[0]->count, &launch));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_scratch(step, launch, x->count * sizeof(double));
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, lwi_gpu_type_of(x->dtype));
    lwi_gpu_int(launch, x->dims[x->rank - 1]);
    lwi_gpu_int(launch, (int64_t)c->out[0]->count);
    *taken = true;
    return LW_OK;
}
