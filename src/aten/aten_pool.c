/* SPDX-License-Identifier: MIT
 * Pooling with windows of one size. The input may have no batch. */
#include "aten/lower.h"

#include <string.h>

typedef struct windows {
    size_t n; /* spatial dimensions: of the operator's name */
    int64_t kernel[LW_MAX_RANK], stride[LW_MAX_RANK], dilation[LW_MAX_RANK];
    int64_t pads[2 * LW_MAX_RANK];
    bool ceil_mode, batch;
} windows;

/* "max_pool2d_with_indices": 2 */
static size_t dimensions(const lwi_aten_row *row) {
    const char *pool = strstr(row->name, "pool");
    return pool ? (size_t)(pool[4] - '0') : 0;
}

static void numbers(lwi_aten *a, const lwi_aten_value *v, size_t n, int64_t absent,
                    int64_t *values) {
    const size_t given = v ? lwi_aten_get_ints(a, v, n, values) : 0;
    for (size_t i = given; i < n; i++)
        values[i] = given ? values[0] : absent;
}

static void set_windows(lwi_aten *a, const windows *w) {
    lwi_build_list(&a->b, "kernel_shape", w->n, w->kernel);
    lwi_build_list(&a->b, "strides", w->n, w->stride);
    lwi_build_list(&a->b, "pads", 2 * w->n, w->pads);
    lwi_build_int(&a->b, "ceil_mode", w->ceil_mode);
}

/* Returns the input with a batch. */
static int read_windows(lwi_aten *a, const lwi_aten_value *in, const lwi_aten_value *dilation,
                        const lwi_aten_value *ceil_mode, windows *w) {
    const int x = lwi_aten_id(a, &in[0]);
    *w = (windows){.n = dimensions(a->row)};
    numbers(a, &in[1], w->n, 1, w->kernel);
    numbers(a, &in[2], w->n, 1, w->stride);
    if (in[2].kind != LWI_ATEN_LIST || in[2].list.n == 0)
        memcpy(w->stride, w->kernel, sizeof w->kernel);
    numbers(a, &in[3], w->n, 0, w->pads);
    memcpy(w->pads + w->n, w->pads, w->n * sizeof *w->pads);
    numbers(a, dilation, w->n, 1, w->dilation);
    w->ceil_mode = lwi_aten_get_bool(a, ceil_mode);
    w->batch = lwi_aten_rank(a, x) == (int)w->n + 2;
    return w->batch ? x : lwi_aten_unsqueeze(a, x, 0);
}

static int unbatched(lwi_aten *a, int y, bool batch) {
    return batch ? y : lwi_aten_squeeze(a, y, 0);
}

/* self, kernel_size, stride, padding, dilation, ceil_mode */
void lwi_aten_max_pool(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    windows w;
    const int x = read_windows(a, in, &in[4], &in[5], &w), y = NODE(a, "MaxPool", x);
    set_windows(a, &w);
    lwi_build_list(&a->b, "dilations", w.n, w.dilation);
    lwi_aten_return(a, out, unbatched(a, y, w.batch));
}

/* The places of a plane, as one number. */
static int plane_size(lwi_aten *a, int x, size_t n) {
    lwi_aten_value count = lwi_aten_int(1);
    for (size_t i = 0; i < n; i++) {
        const lwi_aten_value size = lwi_aten_size(a, x, (int)i + 2);
        count = lwi_aten_number(a, "mul", &count, &size);
    }
    return lwi_aten_scalar(a, &count, LW_INT64);
}

/* ONNX counts places through the whole tensor, PyTorch in each plane. */
void lwi_aten_max_pool_with_indices(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    windows w;
    int y[2];
    const int x = read_windows(a, in, &in[4], &in[5], &w);
    lwi_aten_nodes(a, "MaxPool", 1, &x, 2, y);
    set_windows(a, &w);
    lwi_build_list(&a->b, "dilations", w.n, w.dilation);
    const int places = NODE(a, "Mod", y[1], plane_size(a, x, w.n));
    lwi_aten_return(a, &out[0], unbatched(a, y[0], w.batch));
    lwi_aten_return(a, &out[1], unbatched(a, places, w.batch));
}

/* ------------------------------------------------------------------- averages */

/* How far the last window of ceil_mode reaches beyond the padded end. */
static int64_t overhang(lwi_aten *a, int x, const windows *w, size_t i) {
    const int64_t size = lwi_aten_dim(a, x, (int)i + 2);
    if (size < 0) lwi_aten_fail(a, LW_UNSUPPORTED, "ceil_mode with a size that is not fixed");
    if (a->b.status != LW_OK || w->stride[i] < 1) return 0;
    const int64_t room = size + 2 * w->pads[i] - w->kernel[i];
    int64_t steps = (room + w->stride[i] - 1) / w->stride[i];
    if (steps * w->stride[i] >= size + w->pads[i]) steps--;
    return steps * w->stride[i] - room;
}

/* Sums of windows, zeros where they reach beyond the input, divided by a number. */
static int divided_sums(lwi_aten *a, int x, windows *w, int64_t divisor) {
    int64_t pads[2 * LW_MAX_RANK] = {0}, count = 1;
    const size_t rank = w->n + 2;
    for (size_t i = 0; i < w->n; i++) {
        const int64_t more = w->ceil_mode ? overhang(a, x, w, i) : 0;
        pads[i + 2] = w->pads[i];
        pads[rank + i + 2] = w->pads[i] + (more > 0 ? more : 0);
        count *= w->kernel[i];
    }
    if (divisor == 0) lwi_aten_fail(a, LW_RANGE, "divisor must be not zero");
    if (a->b.status != LW_OK) return -1;
    memset(w->pads, 0, sizeof w->pads);
    w->ceil_mode = false;
    const int padded =
        NODE(a, "Pad", x, lwi_build_ints(&a->b, 2 * rank, pads), lwi_aten_like(a, x, 0));
    const int y = NODE(a, "AveragePool", padded);
    set_windows(a, w);
    return NODE(a, "Mul", y, lwi_aten_like(a, x, (double)count / (double)divisor));
}

/* self, kernel_size, stride, padding, ceil_mode, count_include_pad[, divisor_override] */
void lwi_aten_avg_pool(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    windows w;
    const int x = read_windows(a, in, NULL, &in[4], &w);
    int y = -1;
    if (w.n > 1 && lwi_aten_given(&in[6])) y = divided_sums(a, x, &w, lwi_aten_get_int(a, &in[6]));
    else {
        y = NODE(a, "AveragePool", x);
        set_windows(a, &w);
        lwi_build_int(&a->b, "count_include_pad", lwi_aten_get_bool(a, &in[5]));
    }
    lwi_aten_return(a, out, unbatched(a, y, w.batch));
}

/* ------------------------------------------------------------------- unpooling */

/* Planes of an output size with x at places (of each plane), zeros elsewhere. */
static int put_back(lwi_aten *a, int x, int places, const lwi_aten_value *size) {
    const size_t n = size->list.n;
    const int rank = lwi_aten_rank(a, x), planes = rank - (int)n;
    int parts[LW_MAX_RANK];
    if (planes < 1 || n < 1) lwi_aten_fail(a, LW_SHAPE, "%d dimensions", rank);
    if (a->b.status != LW_OK) return -1;
    for (int d = 0; d < planes; d++)
        parts[d] = lwi_aten_size_id(a, x, d);
    int64_t flat[LW_MAX_RANK] = {0};
    flat[planes] = -1;
    const size_t flat_rank = (size_t)planes + 1;
    parts[planes] = lwi_aten_ints(a, size);
    const int shape = lwi_aten_concat(a, 0, flat_rank, parts);
    const int zeros = NODE(a, "Expand", lwi_aten_like(a, x, 0), shape);
    const int y =
        NODE(a, "ScatterElements", lwi_aten_reshape(a, zeros, flat_rank, flat),
             lwi_aten_reshape(a, places, flat_rank, flat), lwi_aten_reshape(a, x, flat_rank, flat));
    lwi_build_int(&a->b, "axis", planes);
    return NODE(a, "Reshape", y, shape);
}

/* self, indices, output_size */
void lwi_aten_max_unpool(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), places = lwi_aten_id(a, &in[1]);
    lwi_aten_return(a, out, put_back(a, x, places, &in[2]));
}
