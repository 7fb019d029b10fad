/* SPDX-License-Identifier: MIT
 * Depthwise convolution: rows of the output, each from the input rows that its kernel meets. */
#include "backend/cpu/conv_plan.h"

/* One row, or two if there is a place for the next. */
static void compute(const lwi_conv_args *a, const float *const *x, size_t row, float *y,
                    float *next) {
    const lwi_conv_plan *v = a->plan;
    const lwi_conv_part *p = &v->parts[0];
    const float *seen[LWI_DEPTHWISE_ROWS + 1], *w[LWI_DEPTHWISE_ROWS];
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
        .next = next,
        .low = v->low,
        .high = v->high,
    };
    for (int64_t r = 0; r < rows; r++) {
        if (!x[r]) continue;
        seen[job.rows] = x[r];
        w[job.rows++] = a->weights + r * size;
    }
    if (next) seen[rows] = x[rows];
    lwi_cpu_kernels()->depthwise_f32(&job);
    for (int i = 0; i < (next ? 2 : 1); i++)
        lwi_epilogue_apply(&v->epilogue, a->call, i ? next : y, v->groups,
                           (row + (size_t)i) * (size_t)v->out[2], 0, (size_t)v->out[2], v->groups);
}

void lwi_conv_depthwise_row(const lwi_conv_args *a, const float *const *x, size_t row, float *y) {
    compute(a, x, row, y, NULL);
}

bool lwi_conv_depthwise_in_pairs(const lwi_conv_plan *v) {
    const lwi_conv_part *p = &v->parts[0];
    return p->kernel[0] == 1 && p->kernel[1] == 3 && p->kernel[2] == 3 && p->stride[1] == 1 &&
           p->stride[2] == 1 && p->dilation[1] == 1 && p->dilation[2] == 1;
}

void lwi_conv_depthwise_pair(const lwi_conv_args *a, const float *const *x, size_t row, float *y,
                             float *next) {
    compute(a, x, row, y, next);
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

/* Whether the output row below `at` may be made with it; adds the input row that it needs. */
static bool add_next(const lwi_conv_args *a, const int64_t at[3], const float **x) {
    const lwi_conv_plan *v = a->plan;
    const int64_t below = at[2] - v->parts[0].begin[1] + v->kernel[1];
    if (!lwi_conv_depthwise_in_pairs(v) || at[2] + 1 == v->out[1] || !x[0] || below >= v->in[1])
        return false;
    x[v->kernel[1]] = x[v->kernel[1] - 1] + v->in[2] * (int64_t)v->groups;
    return true;
}

static void run_rows(void *arg, size_t begin, size_t end) {
    const lwi_conv_args *a = arg;
    const lwi_conv_plan *v = a->plan;
    const float *x[LWI_DEPTHWISE_ROWS + 1];
    const int64_t dims[3] = {(int64_t)v->batch, v->out[0], v->out[1]};
    const size_t size = (size_t)v->out[2] * v->groups;
    for (size_t i = begin; i < end; i++) {
        int64_t at[3];
        lwi_window_index(3, dims, i, at);
        find_rows(a, at, x);
        float *y = a->y + i * size;
        if (i + 1 < end && add_next(a, at, x)) lwi_conv_depthwise_pair(a, x, i++, y, y + size);
        else lwi_conv_depthwise_row(a, x, i, y);
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
