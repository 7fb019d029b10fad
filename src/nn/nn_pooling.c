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
