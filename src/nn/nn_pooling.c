/* SPDX-License-Identifier: MIT
 * Pooling that is several operators. */
#include "nn/nn_kinds.h"

static int64_t item(const lw_ints *list, size_t i, int64_t absent) {
    return list->n == 0 ? absent : list->v[i < list->n ? i : list->n - 1];
}

/* ------------------------------------------------------------------ max_unpool */

/* (size - 1) * stride - 2 * padding + kernel */
static int64_t unpooled(lw_array *x, int64_t dim, int64_t kernel, int64_t stride, int64_t padding) {
    const int64_t size = lw_size(x, dim);
    const int64_t steps = lw_nn_size(x->nn, lw_nn_size(x->nn, size, '-', 1), '*', stride);
    return lw_nn_size(x->nn, steps, '+', kernel - 2 * padding);
}

/* The indices count in each channel's picture, laid out flat. */
static lw_array *max_unpool(lw_array *input, lw_array *indices, const lw_ints *kernel,
                            const lw_ints *stride, const lw_ints *padding, const lw_ints *size,
                            int spatial) {
    if (!input || !indices) return NULL;
    const int rank = lw_dim(input), first = rank - spatial;
    lw_ints shape = {.n = (size_t)rank}, flat = {.n = (size_t)first + 1};
    int64_t all = 1;
    for (int d = 0; d < rank && first >= 0; d++) {
        const size_t s = (size_t)(d - first);
        const int64_t k = d < first ? 0 : item(kernel, s, 1);
        if (d < first) shape.v[d] = flat.v[d] = lw_size(input, d);
        else if (size->n) shape.v[d] = size->v[size->n - (size_t)(rank - d)];
        else shape.v[d] = unpooled(input, d, k, item(stride, s, k), item(padding, s, 0));
        if (d >= first) all = lw_nn_size(input->nn, all, '*', shape.v[d]);
    }
    if (first < 0 || size->n > (size_t)rank || (size->n && size->n < (size_t)spatial)) {
        lwi_nn_fail(input->nn, LW_SHAPE, "lw_max_unpool%dd: the input has %d dimensions", spatial,
                    rank);
        return NULL;
    }
    lw_ints each = flat;
    flat.v[first] = -1;
    each.v[first] = all;
    lw_array *zeros = lw_zeros(input->nn, each, lw_array_dtype(input));
    lw_array *placed = lw_scatter(zeros, -1, lw_reshape(indices, flat), lw_reshape(input, flat));
    return lw_reshape(placed, shape);
}

#define UNPOOL(n)                                                                                  \
    lw_array *lw_max_unpool##n##d(lw_array *input, lw_array *indices, lw_ints kernel_size,         \
                                  lw_ints stride, lw_ints padding, lw_ints output_size) {          \
        return max_unpool(input, indices, &kernel_size, &stride, &padding, &output_size, n);       \
    }
UNPOOL(1)
UNPOOL(2)
UNPOOL(3)

/* --------------------------------------------------------------------- lp_pool */

/* The sum of powers is their mean times how many there are; where it is negative, so is the root.
 */
static lw_array *lp_pool(lw_array *(*average)(lw_array *, lw_ints, const lw_pool_options *),
                         lw_array *x, double p, const lw_ints *kernel, const lw_ints *stride,
                         bool ceil_mode, size_t spatial) {
    const lw_pool_options options = {.stride = *stride, .ceil_mode = ceil_mode};
    double count = 1;
    for (size_t i = 0; i < spatial; i++)
        count *= (double)item(kernel, i, 1);
    lw_array *mean = average(lw_pow_scalar(x, p), *kernel, &options);
    lw_array *sum = lw_mul_scalar(lw_mul(lw_sign(mean), lw_relu(lw_abs(mean))), count);
    return lw_pow_scalar(sum, 1 / p);
}

#define LP_POOL(n)                                                                                 \
    lw_array *lw_lp_pool##n##d(lw_array *input, double norm_type, lw_ints kernel_size,             \
                               lw_ints stride, bool ceil_mode) {                                   \
        return lp_pool(lw_avg_pool##n##d, input, norm_type, &kernel_size, &stride, ceil_mode, n);  \
    }
LP_POOL(1)
LP_POOL(2)
LP_POOL(3)

/* --------------------------------------------------------- fractional_max_pool */

/* Where windows begin along an axis, [n, channels, output]: int((i + u) a) - int(u a) with
 * a = (size - kernel) / (output - 1), and the last at the end. samples: u, [n, channels, 1]. */
static lw_array *window_starts(lw_array *samples, int64_t size, int64_t kernel, int64_t output) {
    lw_nn *nn = samples ? samples->nn : NULL;
    const double a = output > 1 ? (double)(size - kernel) / (double)(output - 1) : 0;
    lw_array *i = lw_arange(nn, 0, (double)(output - 1), 1, LW_FLOAT32);
    lw_array *moved = lw_trunc(lw_mul_scalar(lw_add(samples, i), a));
    lw_array *starts = lw_sub(moved, lw_trunc(lw_mul_scalar(samples, a)));
    lw_array *last = lw_full_like(samples, (double)(size - kernel), LW_DTYPE_NONE);
    lw_array *parts[2] = {starts, last};
    return lw_to(lw_cat(parts, 2, -1), LW_INT64);
}

/* Adds places along one more axis, [..., output, kernel], to those of the axes before it, which
 * have an axis of windows and one of places inside: [n, c, outputs, kernels]. */
static lw_array *more_places(lw_array *places, lw_array *starts, int64_t size, int64_t kernel,
                             int64_t output) {
    lw_array *inside = lw_arange(starts ? starts->nn : NULL, 0, (double)kernel, 1, LW_INT64);
    lw_array *here = lw_add(lw_unsqueeze(starts, -1), inside); /* [n, c, output, kernel] */
    if (!places) return here;
    const int64_t windows = lw_size(places, 2), each = lw_size(places, 3);
    lw_array *rows = lw_mul_scalar(places, (double)size);
    rows = lw_unsqueeze(lw_unsqueeze(rows, 3), 5); /* [n, c, windows, 1, each, 1] */
    here = lw_unsqueeze(lw_unsqueeze(here, 2), 4); /* [n, c, 1, output, 1, kernel] */
    const lw_ints shape = {
        4, {lw_size(places, 0), lw_size(places, 1), windows * output, each * kernel}};
    return lw_reshape(lw_add(rows, here), shape);
}

static lw_array *fractional(lw_array *x, const lw_ints *kernel, const lw_ints *output,
                            lw_array *samples, lw_array **indices, int spatial) {
    lw_array *places = NULL;
    lw_ints shape = {.n = (size_t)spatial + 2};
    if (indices) *indices = NULL;
    if (!x || !samples || lw_dim(x) != spatial + 2) {
        if (x)
            lwi_nn_fail(x->nn, LW_SHAPE, "lw_fractional_max_pool%dd: x has %d dimensions", spatial,
                        lw_dim(x));
        return NULL;
    }
    shape.v[0] = lw_size(x, 0);
    shape.v[1] = lw_size(x, 1);
    for (int s = 0; s < spatial; s++) {
        const int64_t size = lw_size(x, s + 2), k = item(kernel, (size_t)s, 1);
        const int64_t out = shape.v[s + 2] = item(output, (size_t)s, 1);
        /* pictures have the sample of their width first */
        lw_array *u = lw_narrow(samples, 2, spatial == 2 ? 1 - s : s, 1);
        places = more_places(places, window_starts(u, size, k, out), size, k, out);
    }
    const int64_t windows = lw_size(places, 2), each = lw_size(places, 3);
    lw_array *flat = lw_flatten(places, 2, 3);
    lw_array *seen = lw_gather(lw_flatten(x, 2, -1), 2, flat);
    const lw_ints split = {4, {shape.v[0], shape.v[1], windows, each}};
    lw_array *which = NULL, *most = lw_max_dim(lw_reshape(seen, split), 3, false, &which);
    lw_array *found = lw_squeeze(lw_gather(places, 3, lw_unsqueeze(which, 3)), (lw_ints){1, {3}});
    if (indices) *indices = lw_reshape(found, shape);
    return lw_reshape(most, shape);
}

lw_array *lw_fractional_max_pool2d(lw_array *input, lw_ints kernel_size, lw_ints output_size,
                                   lw_array *random_samples, lw_array **indices) {
    return fractional(input, &kernel_size, &output_size, random_samples, indices, 2);
}

lw_array *lw_fractional_max_pool3d(lw_array *input, lw_ints kernel_size, lw_ints output_size,
                                   lw_array *random_samples, lw_array **indices) {
    return fractional(input, &kernel_size, &output_size, random_samples, indices, 3);
}
