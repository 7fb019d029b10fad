/* SPDX-License-Identifier: MIT */
#include "backend/cpu/conv_geometry.h"

#include "ops/conv_transpose.h"

#include <string.h>

/* The axes of a window become the inner ones of three. */
static void spread(int rank, const int64_t *from, int64_t absent, int64_t to[3]) {
    for (int a = 0; a < 3; a++)
        to[a] = a < 3 - rank ? absent : from[a - (3 - rank)];
}

lw_status lwi_conv_geometry(const lwi_call *c, bool transposed, lwi_conv_plan *p, lwi_window *w) {
    lwi_conv v;
    if (transposed) LW_TRY(lwi_conv_transpose_shape(c, true, &v));
    else LW_TRY(lwi_conv_shape(c, 0, 1, true, &v));
    *w = v.window;
    const int64_t *in = transposed ? w->out : w->in, *out = transposed ? w->in : w->out;
    *p = (lwi_conv_plan){.transposed = transposed,
                         .batch = v.batch,
                         .groups = v.groups,
                         .channels = v.channels,
                         .filters = v.filters,
                         .joined = 1,
                         .n_parts = 1,
                         .low = lwi_attr_float(c->node, "low", -INFINITY),
                         .high = lwi_attr_float(c->node, "high", INFINITY)};
    spread(w->rank, in, 1, p->in);
    spread(w->rank, out, 1, p->out);
    spread(w->rank, w->kernel, 1, p->kernel);
    if (transposed)
        for (int d = 0; d < w->rank; d++)
            if (__builtin_mul_overflow(p->n_parts, (size_t)w->stride[d], &p->n_parts))
                p->n_parts = SIZE_MAX;
    return LW_OK;
}

static int64_t common_divisor(int64_t a, int64_t b) {
    while (b) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Along one axis, the outputs o with (o + begin) % stride = residue. They meet the kernel's
 * elements k with k * dilation % stride = residue, in input (o + begin - k * dilation) / stride. */
static void split_axis(int64_t stride, int64_t dilation, int64_t begin, int64_t residue, int a,
                       const lwi_conv_plan *p, lwi_conv_part *part) {
    const int64_t divisor = common_divisor(stride, dilation), size = p->kernel[a];
    int64_t first = 0, step = stride / divisor;
    while (first < size && first < step && first * dilation % stride != residue)
        first++;
    const int64_t taps = first < size && first < step ? (size - 1 - first) / step + 1 : 0;
    const int64_t start = residue < begin ? (begin - residue + stride - 1) / stride : 0;
    const int64_t y = residue - begin + stride * start;
    part->kernel[a] = taps;
    part->stride[a] = 1;
    part->dilation[a] = dilation / divisor;
    part->tap_first[a] = first + (taps - 1) * step;
    part->tap_step[a] = -step;
    part->y_first[a] = y;
    part->y_step[a] = stride;
    part->out[a] = y < p->out[a] ? (p->out[a] - 1 - y) / stride + 1 : 0;
    const int64_t last = (residue - first * dilation) / stride; /* of the inputs, less q */
    part->begin[a] = -(start + last - (taps - 1) * part->dilation[a]);
}

static void split_transposed(const lwi_window *w, lwi_conv_plan *p) {
    int64_t stride[3], dilation[3], begin[3];
    spread(w->rank, w->stride, 1, stride);
    spread(w->rank, w->dilation, 1, dilation);
    spread(w->rank, w->begin, 0, begin);
    for (size_t i = 0; i < p->n_parts; i++) {
        size_t rest = i;
        for (int a = 2; a >= 0; a--) {
            split_axis(stride[a], dilation[a], begin[a], (int64_t)(rest % (size_t)stride[a]), a, p,
                       &p->parts[i]);
            rest /= (size_t)stride[a];
        }
    }
}

void lwi_conv_split(const lwi_window *w, lwi_conv_plan *p) {
    if (p->transposed) {
        split_transposed(w, p);
        return;
    }
    lwi_conv_part *part = &p->parts[0];
    memcpy(part->out, p->out, sizeof part->out);
    memcpy(part->kernel, p->kernel, sizeof part->kernel);
    spread(w->rank, w->stride, 1, part->stride);
    spread(w->rank, w->dilation, 1, part->dilation);
    spread(w->rank, w->begin, 0, part->begin);
    for (int a = 0; a < 3; a++)
        part->tap_step[a] = part->y_step[a] = 1;
}
