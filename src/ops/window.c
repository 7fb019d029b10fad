/* SPDX-License-Identifier: MIT */
#include "ops/window.h"

#include <string.h>

/* Bounds that keep all sums and products of sizes far from overflow. */
static const int64_t MAX_PARAMETER = INT32_MAX, MAX_INPUT = INT64_C(1) << 40;

/* An attribute with n integers from low to MAX_PARAMETER, or absent everywhere. */
static lw_status read_list(const lwi_call *c, const char *name, size_t n, int64_t low,
                           int64_t absent, int64_t *list) {
    size_t found = 0;
    const int64_t *values = lwi_attr_ints(c->node, name, &found);
    if (values && found != n)
        return lwi_call_fail(c, LW_SHAPE, "%s has %zu elements, expected %zu", name, found, n);
    for (size_t i = 0; i < n; i++) {
        list[i] = values ? values[i] : absent;
        if (list[i] < low || list[i] > MAX_PARAMETER)
            return lwi_call_fail(c, LW_RANGE, "%s[%zu] is %lld, expected %lld to %lld", name, i,
                                 (long long)list[i], (long long)low, (long long)MAX_PARAMETER);
    }
    return LW_OK;
}

static lw_status read_kernel(const lwi_call *c, const int64_t *kernel, lwi_window *w) {
    const size_t n = (size_t)w->rank;
    if (!kernel) return read_list(c, "kernel_shape", n, 1, 0, w->kernel);
    for (int d = 0; d < w->rank; d++)
        if (kernel[d] < 1 || kernel[d] > MAX_PARAMETER)
            return lwi_call_fail(c, LW_SHAPE, "the kernel has %lld elements along axis %d",
                                 (long long)kernel[d], d);
    memcpy(w->kernel, kernel, n * sizeof *kernel);
    size_t found = 0;
    const int64_t *declared = lwi_attr_ints(c->node, "kernel_shape", &found);
    if (declared && (found != n || memcmp(declared, kernel, n * sizeof *kernel) != 0))
        return lwi_call_fail(c, LW_SHAPE, "kernel_shape differs from the shape of the weights");
    return LW_OK;
}

lw_status lwi_window_read(const lwi_call *c, int rank, const int64_t *in, const int64_t *kernel,
                          lwi_window *w) {
    const size_t n = (size_t)rank;
    int64_t pads[2 * LW_MAX_RANK];
    w->rank = rank;
    for (int d = 0; d < rank; d++) {
        w->in[d] = in[d];
        if (in[d] > MAX_INPUT)
            return lwi_call_fail(c, LW_LIMIT, "a dimension of %lld is too large", (long long)in[d]);
    }
    LW_TRY(read_kernel(c, kernel, w));
    LW_TRY(read_list(c, "strides", n, 1, 1, w->stride));
    LW_TRY(read_list(c, "dilations", n, 1, 1, w->dilation));
    LW_TRY(read_list(c, "pads", 2 * n, 0, 0, pads));
    for (int d = 0; d < rank; d++) {
        w->begin[d] = pads[d];
        w->end[d] = pads[rank + d];
        w->extent[d] = (w->kernel[d] - 1) * w->dilation[d] + 1;
    }
    return LW_OK;
}

static void pad_same(lwi_window *w, int d, bool lower) {
    w->out[d] = (w->in[d] + w->stride[d] - 1) / w->stride[d];
    int64_t total = (w->out[d] - 1) * w->stride[d] + w->extent[d] - w->in[d];
    if (total < 0) total = 0;
    w->begin[d] = lower ? total - total / 2 : total / 2;
    w->end[d] = total - w->begin[d];
}

lw_status lwi_window_slide(const lwi_call *c, bool ceil_mode, lwi_window *w) {
    const char *mode = lwi_attr_string(c->node, "auto_pad", "NOTSET");
    const bool lower = !strcmp(mode, "SAME_LOWER"), same = lower || !strcmp(mode, "SAME_UPPER");
    const bool valid = !strcmp(mode, "VALID");
    if (!same && !valid && strcmp(mode, "NOTSET") != 0 && *mode)
        return lwi_call_fail(c, LW_INVALID, "auto_pad is '%.40s'", mode);
    for (int d = 0; d < w->rank; d++) {
        if (same) {
            pad_same(w, d, lower);
            continue;
        }
        if (valid) w->begin[d] = w->end[d] = 0;
        const int64_t room = w->in[d] + w->begin[d] + w->end[d] - w->extent[d];
        const bool up = ceil_mode && !valid;
        if (room < 0 && (!up || room <= -w->stride[d]))
            return lwi_call_fail(c, LW_SHAPE,
                                 "along axis %d the kernel spans %lld elements, the padded input "
                                 "has %lld",
                                 d, (long long)w->extent[d], (long long)(room + w->extent[d]));
        w->out[d] = (room + (up ? w->stride[d] - 1 : 0)) / w->stride[d] + 1;
        if (up && w->out[d] > 1 && (w->out[d] - 1) * w->stride[d] >= w->in[d] + w->begin[d])
            w->out[d]--;
    }
    return LW_OK;
}

size_t lwi_window_count(int rank, const int64_t *dims) {
    size_t n = 1;
    for (int d = 0; d < rank; d++)
        n *= (size_t)dims[d];
    return n;
}

size_t lwi_window_meet(const lwi_window *w, const int64_t *at, int64_t *first, int64_t *size) {
    size_t count = 1;
    for (int d = 0; d < w->rank; d++) {
        int64_t begin, end;
        const int64_t start = at[d] * w->stride[d] - w->begin[d];
        lwi_window_clip(w, d, start, &begin, &end);
        first[d] = start + begin;
        size[d] = end - begin;
        count *= (size_t)size[d];
    }
    return count;
}
