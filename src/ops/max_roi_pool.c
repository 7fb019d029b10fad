/* SPDX-License-Identifier: MIT
 * MaxRoiPool (ONNX 22): the maximum in each cell of a grid over each region, whose corners are
 * rounded to elements (Fast R-CNN, arXiv:1504.08083). */
#include "ops/op.h"

#include <math.h>

typedef struct regions {
    const lw_value *x, *rois;
    lw_value *y;
    double scale;
    int64_t *ranges; /* [regions, each]: of their cells */
    size_t each;
} regions;

static lw_status infer(lwi_call *c) {
    size_t n = 0;
    const int64_t *shape = lwi_attr_ints(c->node, "pooled_shape", &n);
    LW_TRY(lwi_need_rank(c, 0, 4, 4));
    LW_TRY(lwi_need_rank(c, 1, 2, 2));
    const lw_value *x = c->in[0], *rois = c->in[1];
    if (n != 2 || shape[0] < 1 || shape[1] < 1)
        return lwi_call_fail(c, LW_SHAPE, "pooled_shape is not two positive numbers");
    if (rois->dims[1] != 5)
        return lwi_call_fail(c, LW_SHAPE, "regions have %lld numbers, expected 5",
                             (long long)rois->dims[1]);
    return lwi_out(c, 0, x->dtype, 4, (int64_t[]){rois->dims[0], x->dims[1], shape[0], shape[1]});
}

/* The elements [*begin, *end) under cell `cell` of `cells` along one axis. */
static void cell_range(double low, double high, int64_t cells, int64_t cell, int64_t size,
                       int64_t *begin, int64_t *end) {
    const double first = round(low), last = round(high);
    const double length = last - first + 1 > 1 ? last - first + 1 : 1;
    const double step = length / (double)cells;
    const double from = floor((double)cell * step) + first;
    const double to = ceil((double)(cell + 1) * step) + first;
    *begin = from > 0 ? from < (double)size ? (int64_t)from : size : 0;
    *end = to > 0 ? to < (double)size ? (int64_t)to : size : 0;
}

/* [begin, end) of each cell along the vertical and the horizontal axis. */
static void find_ranges(const regions *r, size_t roi, int64_t *ranges) {
    const int64_t *out = r->y->dims, *in = r->x->dims;
    double box[5];
    for (size_t k = 1; k < 5; k++)
        box[k] = lwi_get_double(r->rois, roi * 5 + k) * r->scale;
    for (int64_t i = 0; i < out[2]; i++, ranges += 2)
        cell_range(box[2], box[4], out[2], i, in[2], &ranges[0], &ranges[1]);
    for (int64_t j = 0; j < out[3]; j++, ranges += 2)
        cell_range(box[1], box[3], out[3], j, in[3], &ranges[0], &ranges[1]);
}

#define POOL(NAME, T)                                                                              \
    static void NAME(const regions *r, size_t roi, size_t channel, const int64_t *ranges) {        \
        const int64_t *out = r->y->dims, height = r->x->dims[2], width = r->x->dims[3];            \
        const int64_t *across = ranges + 2 * out[2];                                               \
        const size_t image = (size_t)lwi_get_double(r->rois, roi * 5);                             \
        const T *x = (const T *)r->x->data +                                                       \
                     (image * (size_t)r->x->dims[1] + channel) * (size_t)(height * width);         \
        T *y =                                                                                     \
            (T *)r->y->data + (roi * (size_t)out[1] + channel) * (size_t)out[2] * (size_t)out[3];  \
        for (int64_t i = 0; i < out[2]; i++) {                                                     \
            const int64_t top = ranges[2 * i], bottom = ranges[2 * i + 1];                         \
            for (int64_t j = 0; j < out[3]; j++, y++) {                                            \
                const int64_t left = across[2 * j], right = across[2 * j + 1];                     \
                const bool empty = top >= bottom || left >= right;                                 \
                T best = empty ? 0 : x[top * width + left];                                        \
                for (int64_t a = top; a < bottom && !empty; a++)                                   \
                    for (int64_t b = left; b < right; b++)                                         \
                        best = x[a * width + b] > best ? x[a * width + b] : best;                  \
                *y = best;                                                                         \
            }                                                                                      \
        }                                                                                          \
    }
POOL(pool_f32, float)
POOL(pool_f64, double)

static void pool_planes(void *arg, size_t begin, size_t end) {
    const regions *r = arg;
    const size_t channels = (size_t)r->y->dims[1];
    for (size_t i = begin; i < end; i++) {
        const size_t roi = i / channels;
        const int64_t *ranges = r->ranges + roi * r->each;
        if (r->x->dtype == LW_FLOAT32) pool_f32(r, roi, i % channels, ranges);
        else pool_f64(r, roi, i % channels, ranges);
    }
}

static lw_status run(lwi_call *c) {
    regions r = {.x = c->in[0],
                 .rois = c->in[1],
                 .y = c->out[0],
                 .scale = lwi_attr_float(c->node, "spatial_scale", 1)};
    if (r.y->count == 0) return LW_OK;
    const size_t n = (size_t)r.rois->dims[0];
    r.each = 2 * (size_t)(r.y->dims[2] + r.y->dims[3]);
    LW_TRY(lwi_scratch(c, n * r.each, sizeof *r.ranges, &r.ranges));
    for (size_t i = 0; i < n; i++) {
        const double image = lwi_get_double(r.rois, i * 5);
        if (!(image >= 0 && image < (double)r.x->dims[0]))
            return lwi_call_fail(c, LW_RANGE, "region %zu is in image %g of %lld", i, image,
                                 (long long)r.x->dims[0]);
        for (size_t k = 1; k < 5; k++)
            if (!isfinite(lwi_get_double(r.rois, i * 5 + k)))
                return lwi_call_fail(c, LW_RANGE, "region %zu is not finite", i);
        find_ranges(&r, i, r.ranges + i * r.each);
    }
    lwi_parallel(c, (size_t)(r.y->dims[0] * r.y->dims[1]), 4, pool_planes, &r);
    return LW_OK;
}

const lwi_op lwi_op_max_roi_pool = {.infer = infer, .run = run, .flags = LWI_WIDEN};
