/* SPDX-License-Identifier: MIT
 * Depthwise convolution: every output channel is the convolution of one input channel. Each row of
 * the output gathers scaled rows of the input, one for each element of the kernel. */
#include "ops/conv.h"

#include <string.h>

typedef struct planes {
    const lwi_conv *conv;
    lw_dtype dtype;
} planes;

#define PLANE(NAME, T)                                                                             \
    static void NAME##_row(const lwi_window *w, const T *x, const T *k, T *y) {                    \
        const int axis = w->rank - 1;                                                              \
        const int64_t stride = w->stride[axis];                                                    \
        for (int64_t i = 0; i < w->kernel[axis]; i++) {                                            \
            const int64_t shift = i * w->dilation[axis] - w->begin[axis];                          \
            int64_t low, high;                                                                     \
            lwi_window_inside(w, shift, w->out[axis], &low, &high);                                \
            const T factor = k[i];                                                                 \
            if (stride == 1)                                                                       \
                for (int64_t o = low; o < high; o++)                                               \
                    y[o] += factor * x[o + shift];                                                 \
            else                                                                                   \
                for (int64_t o = low; o < high; o++)                                               \
                    y[o] += factor * x[o * stride + shift];                                        \
        }                                                                                          \
    }                                                                                              \
    static void NAME(const lwi_window *w, size_t out_size, const T *x, const T *k, T *y) {         \
        const size_t length = (size_t)w->out[w->rank - 1];                                         \
        int64_t place[LW_MAX_RANK] = {0};                                                          \
        memset(y, 0, out_size * sizeof *y);                                                        \
        for (size_t done = 0; done < out_size; done += length, y += length) {                      \
            int64_t start[LW_MAX_RANK];                                                            \
            lwi_window_start(w, place, start);                                                     \
            for (lwi_taps t = lwi_taps_begin(w, start); t.more; lwi_taps_next(w, &t)) {            \
                size_t row = 0;                                                                    \
                for (int d = 0; d < w->rank; d++)                                                  \
                    row = row * (size_t)w->kernel[d] + (size_t)t.at[d];                            \
                NAME##_row(w, x + lwi_window_row(w, start, t.at), k + row, y);                     \
            }                                                                                      \
            lwi_window_next(w->rank - 1, w->out, place);                                           \
        }                                                                                          \
    }
PLANE(plane_f32, float)
PLANE(plane_f64, double)
PLANE(plane_u32, uint32_t)

#define RUN(T, PLANE_OF)                                                                           \
    PLANE_OF(&v->window, v->out_size, (const T *)v->x + source * v->in_size,                       \
             (const T *)v->w + filter * v->kernel_size, (T *)v->y + i * v->out_size)

static void run_planes(void *arg, size_t begin, size_t end) {
    const planes *p = arg;
    const lwi_conv *v = p->conv;
    const size_t filters = v->groups * v->filters;
    for (size_t i = begin; i < end; i++) {
        const size_t filter = i % filters, source = i / v->filters;
        if (p->dtype == LW_FLOAT32) {
            RUN(float, plane_f32);
            lwi_conv_finish_f32(v, filter, (float *)v->y + i * v->out_size, v->out_size);
        } else if (p->dtype == LW_FLOAT64) {
            RUN(double, plane_f64);
            lwi_conv_finish_f64(v, filter, (double *)v->y + i * v->out_size, v->out_size);
        } else {
            RUN(uint32_t, plane_u32);
        }
    }
}

void lwi_conv_planes(const lwi_call *c, const lwi_conv *v, lw_dtype dtype) {
    planes p = {v, dtype};
    const size_t work = v->out_size * v->kernel_size;
    lwi_parallel(c, v->batch * v->groups * v->filters, 1 + (1 << 16) / (work + 1), run_planes, &p);
}
