/* SPDX-License-Identifier: MIT
 * Copies by strides: Transpose, Concat, Expand, of elements of 4 bytes. */
#include "backend/gpu/gpu_backend.h"

enum { MOST_RANK = 8 };

/* Elements of a copy are counted over dims; they are read and written by strides. */
typedef struct copy {
    int rank;
    int64_t dims[LW_MAX_RANK];
    size_t from[LW_MAX_RANK], to[LW_MAX_RANK];
    size_t first_to;
} copy;

static bool is_simple(const lwi_call *c) {
    for (size_t i = 0; i < c->n_in; i++)
        if (c->in[i] && (c->in[i]->kind != LW_KIND_TENSOR || c->in[i]->count >= INT32_MAX))
            return false;
    return c->out[0] && c->out[0]->rank <= MOST_RANK && c->out[0]->count < INT32_MAX &&
           lwi_dtype_size(c->out[0]->dtype) == 4;
}

static lw_status launch_copy(const lwi_call *c, size_t input, const copy *p, lwi_gpu_step *step) {
    lwi_gpu_launch *launch = NULL;
    int32_t plan[2 + 3 * MOST_RANK] = {p->rank, (int32_t)p->first_to};
    size_t n = 1;
    for (int d = 0; d < p->rank; d++) {
        n *= (size_t)p->dims[d];
        plan[2 + d] = (int32_t)p->dims[d];
        plan[2 + MOST_RANK + d] = (int32_t)p->from[d];
        plan[2 + 2 * MOST_RANK + d] = (int32_t)p->to[d];
    }
    if (n == 0) return LW_OK;
    LW_TRY(lwi_gpu_items(step, "copy_strided_32", n, &launch));
    LW_TRY(lwi_gpu_data(step, launch, plan, sizeof plan));
    lwi_gpu_in(launch, c, input);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, 0);
    lwi_gpu_int(launch, (int64_t)n);
    return LW_OK;
}

static copy of_output(const lwi_call *c) {
    const lw_value *y = c->out[0];
    copy p = {.rank = y->rank};
    lwi_strides(y->rank, y->dims, p.to);
    for (int d = 0; d < y->rank; d++)
        p.dims[d] = y->dims[d];
    return p;
}

lw_status lwi_gpu_transpose(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    size_t strides[LW_MAX_RANK], n = 0;
    const int64_t *perm = lwi_attr_ints(c->node, "perm", &n);
    if (!is_simple(c)) return lwi_gpu_refuse(step, "its type or rank");
    copy p = of_output(c);
    lwi_strides(c->in[0]->rank, c->in[0]->dims, strides);
    for (int d = 0; d < p.rank; d++)
        p.from[d] = strides[perm ? perm[d] : p.rank - 1 - d];
    *taken = true;
    return launch_copy(c, 0, &p, step);
}

lw_status lwi_gpu_expand(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    if (!is_simple(c)) return lwi_gpu_refuse(step, "its type or rank");
    copy p = of_output(c);
    lwi_broadcast_strides(c->in[0], p.rank, p.from);
    *taken = true;
    return launch_copy(c, 0, &p, step);
}

lw_status lwi_gpu_concat(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    int axis = 0;
    if (!is_simple(c) || c->n_in > LWI_GPU_LAUNCHES)
        return lwi_gpu_refuse(step, "its type or rank, or too many inputs");
    LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", 0), c->out[0]->rank, &axis));
    copy p = of_output(c);
    for (size_t i = 0; i < c->n_in; i++) {
        lwi_strides(p.rank, c->in[i]->dims, p.from);
        p.dims[axis] = c->in[i]->dims[axis];
        LW_TRY(launch_copy(c, i, &p, step));
        p.first_to += (size_t)p.dims[axis] * p.to[axis];
    }
    *taken = true;
    return LW_OK;
}
