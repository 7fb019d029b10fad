/* SPDX-License-Identifier: MIT
 * Convolutions that the tiled kernels do not take: any layout, over up to three axes, of floats of
 * any width, with weights that may be computed in the run; and ConvTranspose. An item for each
 * element of the result. */
#include "backend/gpu/gpu_direct.h"

#include "ops/conv_transpose.h"

enum { OWN_INPUTS = 3, SHAPE = 26 };
/* Places in the ints of kernels/resample.k. */
enum { IN = 8, OUT = 11, KERNEL = 14, STRIDE = 17, PAD = 20, DILATION = 23 };

/* In double there is no epilogue. */
static bool takes(const lwi_call *c, const lwi_gpu_step *step) {
    if (c->n_in < 2 || c->in[0]->rank < 3 || c->in[0]->rank > 5 || !c->out[0]) return false;
    for (size_t i = 0; i < c->n_in && i < OWN_INPUTS; i++)
        if (c->in[i] && (!lwi_gpu_is_real(step, c->in[i]->dtype) || c->in[i]->count >= INT32_MAX))
            return false;
    return c->out[0]->dtype == c->in[0]->dtype && c->out[0]->count < INT32_MAX &&
           lwi_gpu_takes_epilogue(c, OWN_INPUTS) &&
           !(lwi_gpu_has_doubles(c) && lwi_gpu_has_epilogue(c->node));
}

/* Axes that are not there have one place. The window of ConvTranspose is that of the convolution
 * that it undoes. */
static void write_shape(const lwi_call *c, const lwi_conv *v, bool last, bool back,
                        int32_t shape[SHAPE]) {
    const lwi_window *w = &v->window;
    size_t n = 0;
    shape[0] = (int32_t)v->channels;
    shape[1] = (int32_t)v->filters;
    shape[2] = (int32_t)v->groups;
    shape[3] = last;
    shape[4] = back;
    for (size_t i = 0; i < OWN_INPUTS; i++)
        if (lwi_has(c, i)) shape[5] |= (int32_t)lwi_gpu_type_of(c->in[i]->dtype) << (4 * i);
    shape[5] |= (int32_t)lwi_gpu_type_of(c->out[0]->dtype) << 12;
    shape[6] = lwi_has(c, 2);
    shape[7] = lwi_attr_floats(c->node, "scale", &n) != NULL && n > 0;
    for (int d = 0; d < 3; d++) {
        const int axis = d - (3 - w->rank);
        shape[IN + d] = axis < 0 ? 1 : (int32_t)(back ? w->out[axis] : w->in[axis]);
        shape[OUT + d] = axis < 0 ? 1 : (int32_t)(back ? w->in[axis] : w->out[axis]);
        shape[KERNEL + d] = axis < 0 ? 1 : (int32_t)w->kernel[axis];
        shape[STRIDE + d] = axis < 0 ? 1 : (int32_t)w->stride[axis];
        shape[PAD + d] = axis < 0 ? 0 : (int32_t)w->begin[axis];
        shape[DILATION + d] = axis < 0 ? 1 : (int32_t)w->dilation[axis];
    }
}

static lw_status launch(const lwi_call *c, const lwi_conv *v, bool last, bool back,
                        lwi_gpu_step *step) {
    int32_t shape[SHAPE] = {0};
    size_t n = 0;
    const float *factors = lwi_attr_floats(c->node, "scale", &n), none = 1;
    lwi_gpu_launch *launch = NULL;
    write_shape(c, v, last, back, shape);
    LW_TRY(lwi_gpu_items(step, LWI_GPU_KERNEL(lwi_gpu_has_doubles(c), "conv_direct"),
                         c->out[0]->count, &launch));
    LW_TRY(lwi_gpu_data(step, launch, shape, sizeof shape));
    for (size_t i = 0; i < OWN_INPUTS; i++)
        lwi_gpu_in(launch, c, i);
    LW_TRY(lwi_gpu_data(step, launch, n ? factors : &none, (n ? n : 1) * sizeof none));
    LW_TRY(lwi_gpu_epilogue(c, OWN_INPUTS, step, launch));
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, (int64_t)c->out[0]->count);
    return LW_OK;
}

lw_status lwi_gpu_direct(const lwi_call *c, bool last, bool back, lwi_gpu_step *step, bool *taken) {
    lwi_conv v = {.groups = 0};
    if (!takes(c, step))
        return lwi_gpu_refuse(step, "its types, four axes, or an epilogue with many operands");
    if (back) LW_TRY(lwi_conv_transpose_shape(c, last, &v));
    else LW_TRY(lwi_conv_shape(c, 0, 1, last, &v));
    *taken = true;
    return launch(c, &v, last, back, step);
}

lw_status lwi_gpu_first_conv(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return lwi_gpu_direct(c, false, false, step, taken);
}

lw_status lwi_gpu_conv_transpose(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return lwi_gpu_direct(c, false, true, step, taken);
}

lw_status lwi_gpu_last_conv_transpose(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return lwi_gpu_direct(c, true, true, step, taken);
}
