/* SPDX-License-Identifier: MIT
 * The sliding window of convolutions and pools: kernel, strides, dilations, pads and the sizes that
 * follow from them. */
#ifndef LWI_WINDOW_H
#define LWI_WINDOW_H

#include "ops/op.h"

typedef struct lwi_window {
    int rank; /* spatial dimensions */
    int64_t in[LW_MAX_RANK], out[LW_MAX_RANK];
    int64_t kernel[LW_MAX_RANK], stride[LW_MAX_RANK], dilation[LW_MAX_RANK];
    int64_t begin[LW_MAX_RANK], end[LW_MAX_RANK]; /* pads */
    int64_t extent[LW_MAX_RANK];                  /* elements from first to last of the kernel */
} lwi_window;

/* Reads the attributes kernel_shape, strides, dilations and pads for an input with these spatial
 * dimensions and checks them; auto_pad and the output sizes are left to the next functions.
 * kernel: the dimensions of the weights, with which kernel_shape must agree; NULL: there are
 * none. */
lw_status lwi_window_read(const lwi_call *call, int rank, const int64_t *in, const int64_t *kernel,
                          lwi_window *window);
/* Applies auto_pad and computes the output sizes. ceil_mode counts a last window that reaches
 * beyond the end, if it starts before the end. */
lw_status lwi_window_slide(const lwi_call *call, bool ceil_mode, lwi_window *window);

/* Elements of the input, the output and the kernel (spatial dimensions only). */
size_t lwi_window_count(int rank, const int64_t *dims);

/* The positions k of the kernel, along one axis, that meet the input when the window's first
 * element is at start: begin <= k < end. */
static inline void lwi_window_clip(const lwi_window *w, int axis, int64_t start, int64_t *begin,
                                   int64_t *end) {
    const int64_t step = w->dilation[axis], size = w->in[axis];
    int64_t first = start < 0 ? (-start + step - 1) / step : 0;
    int64_t last = start < size ? (size - 1 - start) / step + 1 : 0;
    if (last > w->kernel[axis]) last = w->kernel[axis];
    *begin = first;
    *end = last > first ? last : first;
}

/* Where the row of the input (its last axis) lies that a window beginning at input index `start`
 * meets with its kernel row `at`: elements from the plane's first one; -1: in the padding. */
static inline int64_t lwi_window_row(const lwi_window *w, const int64_t *start, const int64_t *at) {
    int64_t offset = 0;
    for (int d = 0; d < w->rank - 1; d++) {
        const int64_t i = start[d] + at[d] * w->dilation[d];
        if (i < 0 || i >= w->in[d]) return -1;
        offset = offset * w->in[d] + i;
    }
    return offset * w->in[w->rank - 1];
}

/* Of n places along the last axis: those i for which shift + i * stride is inside the input. */
static inline void lwi_window_inside(const lwi_window *w, int64_t shift, int64_t n, int64_t *low,
                                     int64_t *high) {
    const int64_t stride = w->stride[w->rank - 1], size = w->in[w->rank - 1];
    int64_t first = shift < 0 ? (-shift + stride - 1) / stride : 0;
    int64_t last = shift < size ? (size - 1 - shift) / stride + 1 : 0;
    if (last > n) last = n;
    *low = first < last ? first : last;
    *high = last;
}

/* Rows of the kernel (positions along all axes but the last) that meet the input:
 * for (lwi_taps t = lwi_taps_begin(w, start); t.more; lwi_taps_next(w, &t)) ... t.at ... */
typedef struct lwi_taps {
    bool more;
    int64_t low[LW_MAX_RANK], high[LW_MAX_RANK], at[LW_MAX_RANK];
} lwi_taps;

static inline lwi_taps lwi_taps_begin(const lwi_window *w, const int64_t *start) {
    lwi_taps t = {.more = true};
    for (int d = 0; d < w->rank - 1; d++) {
        lwi_window_clip(w, d, start[d], &t.low[d], &t.high[d]);
        t.at[d] = t.low[d];
        if (t.low[d] >= t.high[d]) t.more = false;
    }
    return t;
}

static inline void lwi_taps_next(const lwi_window *w, lwi_taps *t) {
    for (int d = w->rank - 2; d >= 0; d--) {
        if (++t->at[d] < t->high[d]) return;
        t->at[d] = t->low[d];
    }
    t->more = false;
}

/* Positions of the kernel along the last axis that meet the input for some output of a row. */
static inline void lwi_taps_of_row(const lwi_window *w, int64_t *begin, int64_t *end) {
    const int axis = w->rank - 1;
    const int64_t first = -w->begin[axis], last = first + (w->out[axis] - 1) * w->stride[axis];
    int64_t unused;
    lwi_window_clip(w, axis, first, &unused, end);
    lwi_window_clip(w, axis, last, begin, &unused);
}

/* The input index that the window of the output at `place` begins with. */
static inline void lwi_window_start(const lwi_window *w, const int64_t *place, int64_t *start) {
    for (int d = 0; d < w->rank; d++)
        start[d] = place[d] * w->stride[d] - w->begin[d];
}

/* Steps an index through dims in row-major order. */
static inline void lwi_window_next(int rank, const int64_t *dims, int64_t *index) {
    for (int d = rank - 1; d >= 0; d--) {
        if (++index[d] < dims[d]) return;
        index[d] = 0;
    }
}

/* The index that stands at place i in row-major order. */
static inline void lwi_window_index(int rank, const int64_t *dims, size_t i, int64_t *index) {
    for (int d = rank - 1; d >= 0; d--) {
        index[d] = (int64_t)(i % (size_t)dims[d]);
        i /= (size_t)dims[d];
    }
}

/* The part of the window with output index `at` that meets the input: first element and size in
 * each dimension; returns how many elements it has. Dilations are 1. */
size_t lwi_window_meet(const lwi_window *window, const int64_t *at, int64_t *first, int64_t *size);

#endif
