/* SPDX-License-Identifier: MIT
 * The computation of pooling (pool.h). A row of the output gathers rows of the input, one for each
 * element of the kernel, so that the inner loop runs along memory. */
#include "ops/pool.h"

#include <math.h>

int64_t lwi_pool_count(const lwi_window *w, bool count_pads, int axis, int64_t start) {
    int64_t first, last;
    if (!count_pads) {
        lwi_window_clip(w, axis, start, &first, &last);
        return last - first;
    }
    /* Pads count, but not what lies beyond them (in a last window with ceil_mode). */
    last = (w->in[axis] + w->end[axis] - 1 - start) / w->dilation[axis] + 1;
    return last < w->kernel[axis] ? last : w->kernel[axis];
}

#define T float
#define NAME(stem) stem##_f32
#define LOWEST (-INFINITY)
#define POW powf
#define FABS fabsf
#define SQRT sqrtf
#include "ops/pool_planes.inc"

#define T double
#define NAME(stem) stem##_f64
#define LOWEST (-(double)INFINITY)
#define POW pow
#define FABS fabs
#define SQRT sqrt
#include "ops/pool_planes.inc"

#define T int8_t
#define NAME(stem) stem##_i8
#define LOWEST INT8_MIN
#include "ops/pool_planes.inc"

#define T uint8_t
#define NAME(stem) stem##_u8
#define LOWEST 0
#include "ops/pool_planes.inc"

void lwi_pool_compute(const lwi_call *c, lw_dtype dtype, lwi_pool_planes *p) {
    p->in_size = lwi_window_count(p->window.rank, p->window.in);
    p->out_size = lwi_window_count(p->window.rank, p->window.out);
    void (*fn)(void *, size_t, size_t) = dtype == LW_FLOAT32   ? planes_f32
                                         : dtype == LW_FLOAT64 ? planes_f64
                                         : dtype == LW_INT8    ? planes_i8
                                                               : planes_u8;
    lwi_parallel(c, p->planes, 1 + (1 << 13) / (p->out_size + 1), fn, p);
}
