/* SPDX-License-Identifier: MIT
 * Elements between elements: GridSample, RoiAlign, MaxRoiPool and DeformConv. */
#include "backend/gpu/gpu_backend.h"
#include "ops/deform_conv.h"
#include "ops/grid_sample.h"

enum { AXES = 3, GRID_RANK = 4 };
/* Places in the ints of kernels/sample.k. */
enum { GRID = 16, SIZES = 8 };
enum { DEFORM = 29, IN = 8, OUT = 11, KERNEL = 14, STRIDE = 17, PAD = 20, PARTS = 24, MASKED = 25 };
enum { DILATION = 26 };

/* All inputs but those in `others`, a bit set, are floats; *types has 4 bits for each. */
static bool find_types(const lwi_call *c, const lwi_gpu_step *step, unsigned others, int *types) {
    *types = 0;
    for (size_t i = 0; i < c->n_in; i++) {
        if (!c->in[i]) continue;
        const lwi_gpu_type type = lwi_gpu_type_of(c->in[i]->dtype);
        if (!lwi_gpu_is_real(step, c->in[i]->dtype) && !(others >> i & 1)) return false;
        *types |= (int)type << (4 * i);
    }
    return lwi_gpu_moves(c) && c->out[0] && c->out[0]->dtype == c->in[0]->dtype &&
           c->in[0]->count > 0;
}

lw_status lwi_gpu_grid_sample(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_grid g;
    int types = 0;
    lwi_gpu_launch *launch = NULL;
    if (!find_types(c, step, 0, &types)) return lwi_gpu_refuse(step, "its types");
    LW_TRY(lwi_grid_read(c, &g));
    if (g.rank > GRID_RANK) return lwi_gpu_refuse(step, "more than four axes");
    int32_t shape[GRID] = {g.rank,
                           (int32_t)g.channels,
                           (int32_t)g.in_size,
                           (int32_t)g.points,
                           (int32_t)g.taps,
                           g.padding == LWI_PAD_BORDER       ? 1
                           : g.padding == LWI_PAD_REFLECTION ? 2
                                                             : 0,
                           g.align_corners};
    for (int d = 0; d < g.rank; d++)
        shape[SIZES + d] = (int32_t)g.dims[d];
    const size_t points = (size_t)c->out[0]->dims[0] * g.points;
    LW_TRY(lwi_gpu_items(step, LWI_GPU_KERNEL(lwi_gpu_has_doubles(c), "grid_sample"), points,
                         &launch));
    LW_TRY(lwi_gpu_data(step, launch, shape, sizeof shape));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_in(launch, c, 1);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, types);
    lwi_gpu_int(launch, (int64_t)points);
    *taken = true;
    return LW_OK;
}

lw_status lwi_gpu_roi_align(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const int64_t *in = c->in[0]->dims, *out = c->out[0]->dims;
    const int64_t ratio = lwi_attr_int(c->node, "sampling_ratio", 0);
    int types = 0;
    lwi_gpu_launch *launch = NULL;
    if (!find_types(c, step, 4, &types)) return lwi_gpu_refuse(step, "its types");
    if (ratio < 0 || ratio > 4096) return lwi_gpu_refuse(step, "its sampling_ratio");
    LW_TRY(lwi_gpu_items(step, LWI_GPU_KERNEL(lwi_gpu_has_doubles(c), "roi_align"),
                         c->out[0]->count, &launch));
    for (size_t i = 0; i < 3; i++)
        lwi_gpu_in(launch, c, i);
    lwi_gpu_out(launch, 0);
    lwi_gpu_mistake(step, launch);
    lwi_gpu_int(launch, types);
    const int64_t sizes[] = {in[0], in[1], in[2], in[3], out[2], out[3], ratio};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        lwi_gpu_int(launch, sizes[i]);
    lwi_gpu_int(launch,
                !lwi_attr_is(c->node, "coordinate_transformation_mode", "output_half_pixel"));
    lwi_gpu_int(launch, lwi_attr_is(c->node, "mode", "max"));
    lwi_gpu_float(launch, lwi_attr_float(c->node, "spatial_scale", 1));
    lwi_gpu_int(launch, (int64_t)c->out[0]->count);
    *taken = true;
    return LW_OK;
}

lw_status lwi_gpu_max_roi_pool(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const int64_t *in = c->in[0]->dims, *out = c->out[0]->dims;
    const int64_t sizes[] = {in[0], in[1], in[2], in[3], out[2], out[3]};
    int types = 0;
    lwi_gpu_launch *launch = NULL;
    if (!find_types(c, step, 0, &types)) return lwi_gpu_refuse(step, "its types");
    LW_TRY(lwi_gpu_items(step, LWI_GPU_KERNEL(lwi_gpu_has_doubles(c), "max_roi_pool"),
                         c->out[0]->count, &launch));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_in(launch, c, 1);
    lwi_gpu_out(launch, 0);
    lwi_gpu_mistake(step, launch);
    lwi_gpu_int(launch, types);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        lwi_gpu_int(launch, sizes[i]);
    lwi_gpu_float(launch, lwi_attr_float(c->node, "spatial_scale", 1));
    lwi_gpu_int(launch, (int64_t)c->out[0]->count);
    *taken = true;
    return LW_OK;
}

/* Axes that are not there have one place. */
static void write_deform(const lwi_conv *v, int32_t shape[DEFORM]) {
    const lwi_window *w = &v->window;
    shape[0] = (int32_t)v->channels;
    shape[1] = (int32_t)v->filters;
    shape[2] = (int32_t)v->groups;
    for (int d = 0; d < AXES; d++) {
        const int axis = d - (AXES - w->rank);
        shape[IN + d] = axis < 0 ? 1 : (int32_t)w->in[axis];
        shape[OUT + d] = axis < 0 ? 1 : (int32_t)w->out[axis];
        shape[KERNEL + d] = axis < 0 ? 1 : (int32_t)w->kernel[axis];
        shape[STRIDE + d] = axis < 0 ? 1 : (int32_t)w->stride[axis];
        shape[PAD + d] = axis < 0 ? 0 : (int32_t)w->begin[axis];
        shape[DILATION + d] = axis < 0 ? 1 : (int32_t)w->dilation[axis];
    }
}

lw_status lwi_gpu_deform_conv(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_conv v = {.groups = 0};
    size_t parts = 0;
    int types = 0;
    int32_t shape[DEFORM] = {0};
    lwi_gpu_launch *launch = NULL;
    if (!find_types(c, step, 0, &types) || c->in[0]->rank > 2 + AXES)
        return lwi_gpu_refuse(step, "its types, or four axes");
    LW_TRY(lwi_deform_shape(c, &v, &parts));
    write_deform(&v, shape);
    shape[5] = types;
    shape[6] = lwi_has(c, 3);
    shape[PARTS] = (int32_t)parts;
    shape[MASKED] = lwi_has(c, 4);
    LW_TRY(lwi_gpu_items(step, LWI_GPU_KERNEL(lwi_gpu_has_doubles(c), "deform_conv"),
                         c->out[0]->count, &launch));
    LW_TRY(lwi_gpu_data(step, launch, shape, sizeof shape));
    for (size_t i = 0; i < 5; i++)
        lwi_gpu_in(launch, c, i);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, v.window.rank);
    lwi_gpu_int(launch, (int64_t)c->out[0]->count);
    *taken = true;
    return LW_OK;
}
