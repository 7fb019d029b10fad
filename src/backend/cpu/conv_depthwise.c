/* SPDX-License-Identifier: MIT
 * Depthwise convolution: rows of the output, each from the input rows that its kernel meets. */
#include "backend/cpu/conv_plan.h"

typedef struct depthwise {
    const lwi_conv_args *args;
    lwi_depthwise_f32_fn *convolve;
} depthwise;

static void find_rows(const lwi_conv_args *a, const int64_t at[3], const float **x, const float **w,
                      size_t *n) {
    const lwi_conv_plan *v = a->plan;
    const lwi_conv_part *p = &v->parts[0];
    const int64_t size = v->in[2] * (int64_t)v->groups, k_size = p->kernel[2] * (int64_t)v->groups;
    *n = 0;
    for (int64_t d = 0; d < p->kernel[0]; d++) {
        const int64_t z = at[1] * p->stride[0] - p->begin[0] + d * p->dilation[0];
        if (z < 0 || z >= v->in[0]) continue;
        for (int64_t h = 0; h < p->kernel[1]; h++) {
            const int64_t y = at[2] * p->stride[1] - p->begin[1] + h * p->dilation[1];
            if (y < 0 || y >= v->in[1]) continue;
            x[*n] = a->x + ((at[0] * v->in[0] + z) * v->in[1] + y) * size;
            w[(*n)++] = a->weights + (d * p->kernel[1] + h) * k_size;
        }
    }
}

static void run_rows(void *arg, size_t begin, size_t end) {
    const depthwise *d = arg;
    const lwi_conv_args *a = d->args;
    const lwi_conv_plan *v = a->plan;
    const lwi_conv_part *p = &v->parts[0];
    const float *x[LWI_DEPTHWISE_ROWS], *w[LWI_DEPTHWISE_ROWS];
    lwi_depthwise_f32_job job = {
        .x = x,
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
        .low = v->low,
        .high = v->high,
    };
    const int64_t dims[3] = {(int64_t)v->batch, v->out[0], v->out[1]};
    for (size_t i = begin; i < end; i++) {
        int64_t at[3];
        lwi_window_index(3, dims, i, at);
        find_rows(a, at, x, w, &job.rows);
        const size_t place = i * (size_t)v->out[2];
        job.y = a->y + place * v->groups;
        d->convolve(&job);
        lwi_epilogue_apply(&v->epilogue, a->call, job.y, v->groups, place, 0, (size_t)v->out[2],
                           v->groups);
    }
}

lw_status lwi_conv_depthwise_run(const lwi_conv_args *a) {
    const lwi_conv_plan *v = a->plan;
    depthwise d = {a, lwi_cpu_kernels()->depthwise_f32};
    const size_t work = (size_t)v->out[2] * v->groups * lwi_conv_taps(v->kernel);
    lwi_parallel(a->call, v->batch * (size_t)(v->out[0] * v->out[1]), 1 + (1 << 16) / work,
                 run_rows, &d);
    return LW_OK;
}
