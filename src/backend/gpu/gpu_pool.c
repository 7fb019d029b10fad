/* SPDX-License-Identifier: MIT
 * Pools that the kernel of gpu_conv.c does not take: any layout, up to three axes. */
#include "backend/gpu/gpu_pool.h"
#include "ops/pool.h"

enum { SHAPE = 24, AXES = 3, LP = 3 };
/* Places in the ints of kernels/pool.k. */
enum { IN = 3, OUT = 6, KERNEL = 9, STRIDE = 12, BEFORE = 15, AFTER = 18, DILATION = 21 };

static void write_shape(const lwi_window *w, size_t channels, bool last, int32_t shape[SHAPE]) {
    shape[0] = (int32_t)channels;
    shape[1] = last;
    for (int d = 0; d < AXES; d++) {
        const int axis = d - (AXES - w->rank);
        shape[IN + d] = axis < 0 ? 1 : (int32_t)w->in[axis];
        shape[OUT + d] = axis < 0 ? 1 : (int32_t)w->out[axis];
        shape[KERNEL + d] = axis < 0 ? 1 : (int32_t)w->kernel[axis];
        shape[STRIDE + d] = axis < 0 ? 1 : (int32_t)w->stride[axis];
        shape[BEFORE + d] = axis < 0 ? 0 : (int32_t)w->begin[axis];
        shape[AFTER + d] = axis < 0 ? 0 : (int32_t)w->end[axis];
        shape[DILATION + d] = axis < 0 ? 1 : (int32_t)w->dilation[axis];
    }
}

static bool takes(const lwi_call *c, int kind, const lwi_gpu_step *step) {
    const lwi_gpu_type type = lwi_gpu_type_of(c->in[0]->dtype);
    const bool bytes = type == LWI_GPU_U8 || type == LWI_GPU_I8;
    return lwi_gpu_moves(c) && (lwi_gpu_is_real(step, c->in[0]->dtype) || (kind == 0 && bytes)) &&
           c->in[0]->rank <= 2 + AXES;
}

static lw_status plan_window(const lwi_call *c, const lwi_window *w, bool last, int kind,
                             lwi_gpu_step *step, bool *taken) {
    lwi_gpu_launch *launch = NULL;
    int32_t shape[SHAPE] = {0};
    const lw_value *x = c->in[0], *y = c->out[0] ? c->out[0] : c->out[1];
    const bool places = c->n_out > 1 && c->out[1];
    const int wanted = (c->out[0] ? 1 : 0) | (places ? 2 : 0) |
                       (lwi_attr_int(c->node, "storage_order", 0) ? 4 : 0);
    if (!takes(c, kind, step)) return lwi_gpu_refuse(step, "its type, or four axes");
    write_shape(w, (size_t)x->dims[last ? x->rank - 1 : 1], last, shape);
    LW_TRY(lwi_gpu_items(step, LWI_GPU_KERNEL(lwi_gpu_has_doubles(c), "pool_direct"), y->count,
                         &launch));
    LW_TRY(lwi_gpu_data(step, launch, shape, sizeof shape));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_out(launch, c->out[0] ? 0 : 1);
    lwi_gpu_out(launch, places ? 1 : 0);
    lwi_gpu_int(launch, kind);
    lwi_gpu_int(launch, lwi_gpu_type_of(x->dtype));
    lwi_gpu_int(launch, wanted);
    lwi_gpu_float(launch, (double)lwi_attr_int(c->node, "p", 2));
    lwi_gpu_int(launch, (int64_t)y->count);
    *taken = true;
    return LW_OK;
}

lw_status lwi_gpu_pool(const lwi_call *c, bool last, int kind, lwi_gpu_step *step, bool *taken) {
    lwi_window w;
    if (!takes(c, kind, step)) return lwi_gpu_refuse(step, "its type, or four axes");
    LW_TRY(lwi_pool_window(c, last, &w));
    return plan_window(c, &w, last, kind, step, taken);
}

lw_status lwi_gpu_first_max_pool(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return lwi_gpu_pool(c, false, 0, step, taken);
}

lw_status lwi_gpu_first_average_pool(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const int kind = lwi_attr_int(c->node, "count_include_pad", 0) ? 2 : 1;
    return lwi_gpu_pool(c, false, kind, step, taken);
}

lw_status lwi_gpu_lp_pool(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    if (lwi_attr_int(c->node, "p", 2) < 1) return lwi_gpu_refuse(step, "its exponent");
    return lwi_gpu_pool(c, false, LP, step, taken);
}

lw_status lwi_gpu_nhwc_max_pool(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return lwi_gpu_pool(c, true, 0, step, taken);
}

/* One window over each plane. */
lw_status lwi_gpu_global_lp_pool(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const lw_value *x = c->in[0];
    lwi_window w = {.rank = x->rank - 2};
    if (lwi_attr_int(c->node, "p", 2) < 1 || x->count == 0)
        return lwi_gpu_refuse(step, "its exponent, or it has no elements");
    for (int d = 0; d < w.rank && d < AXES; d++) {
        w.in[d] = w.kernel[d] = x->dims[2 + d];
        w.out[d] = w.stride[d] = w.dilation[d] = 1;
    }
    return plan_window(c, &w, false, LP, step, taken);
}
