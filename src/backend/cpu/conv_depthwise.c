/* SPDX-License-Identifier: MIT
 * Depthwise convolution: rows of the output, each from the input rows that its kernel meets. */
#include "backend/cpu/conv_plan.h"

void lwi_conv_depthwise_row(const lwi_conv_args *a, const float *const *x, size_t row, float *y) {
    const lwi_conv_plan *v = a->plan;
    const lwi_conv_part *p = &v->parts[0];
    const float *seen[LWI_DEPTHWISE_ROWS], *w[LWI_DEPTHWISE_ROWS];
    const int64_t rows = p->kernel[0] * p->kernel[1], size = p->kernel[2] * (int64_t)v->groups;
    lwi_depthwise_f32_job job = {
        .x = seen,
        .w = w,
        .in = v->in[2],
        .out = v->out[2],
        .kernel = p->kernel[2],
        .stride = p->stride[2],
        .dilation = p->dilation[2],
        .begin = p->begin[2],
        .channels = v->groups,
        .x_pixel = v->groups,
        .y_pixel = v->groups,
        .bias = a->bias,
        .y = y,
        .low = v->low,
        .high = v->high,
    };
    for (int64_t r = 0; r < rows; r++) {
        if (!x[r]) continue;
        seen[job.rows] = x[r];
        w[job.rows++] = a->weights + r * size;
    }
    lwi_cpu_kernels()->depthwise_f32(&job);
    lwi_epilogue_apply(&v->epilogue, a->call, y, v->groups, row * (size_t)v->out[2], 0,
                       (size_t)v->out[2], v->groups);
}

static void find_rows(const lwi_conv_args *a, const int64_t at[3], const float **x) {
    const lwi_conv_plan *v = a->plan;
    const lwi_conv_part *p = &v->parts[0];
    const int64_t size = v->in[2] * (int64_t)v->groups;
    for (int64_t d = 0; d < p->kernel[0]; d++)
        for (int64_t h = 0; h < p->kernel[1]; h++, x++) {
            const int64_t z = at[1] * p->stride[0] - p->begin[0] + d * p->dilation[0];
            const int64_t y = at[2] * p->stride[1] - p->begin[1] + h * p->dilation[1];
            const bool there = z >= 0 && z < v->in[0] && y >= 0 && y < v->in[1];
            *x = there ? a->x + ((at[0] * v->in[0] + z) * v->in[1] + y) * size : NULL;
        }
}

static void run_rows(void *arg, size_t begin, size_t end) {
    const lwi_conv_args *a = arg;
    const lwi_conv_plan *v = a->plan;
    const float *x[LWI_DEPTHWISE_ROWS];
    const int64_t dims[3] = {(int64_t)v->batch, v->out[0], v->out[1]};
    for (size_t i = begin; i < end; i++) {
        int64_t at[3];
        lwi_window_index(3, dims, i, at);
        find_rows(a, at, x);
        lwi_conv_depthwise_row(a, x, i, a->y + i * (size_t)v->out[2] * v->groups);
    }
}

lw_status lwi_conv_depthwise_run(const lwi_conv_args *a) {
    const lwi_conv_plan *v = a->plan;
    lwi_conv_args args = *a;
    const size_t work = (size_t)v->out[2] * v->groups * lwi_conv_taps(v->kernel);
    lwi_parallel(a->call, v->batch * (size_t)(v->out[0] * v->out[1]), 1 + (1 << 16) / work,
                 run_rows, &args);
    return LW_OK;
}
