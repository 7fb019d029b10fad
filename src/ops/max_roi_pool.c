/* SPDX-License-Identifier: MIT
 * MaxRoiPool (ONNX 22): the maximum in each cell of a grid over each region, whose corners are
 * rounded to elements (Fast R-CNN, arXiv:1504.08083). */
#include "ops/op.h"

#include <math.h>

typedef struct regions {
    const lw_value *x, *rois;
    lw_value *y;
    double scale;
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

#define POOL(NAME, T)                                                                              \
    static void NAME(const regions *r, size_t roi, size_t channel) {                               \
        const int64_t *out = r->y->dims, height = r->x->dims[2], width = r->x->dims[3];            \
        const T *box = (const T *)r->rois->data + roi * 5;                                         \
        const size_t image = (size_t)box[0];                                                       \
        const T *x = (const T *)r->x->data +                                                       \
                     (image * (size_t)r->x->dims[1] + channel) * (size_t)(height * width);         \
        T *y =                                                                                     \
            (T *)r->y->data + (roi * (size_t)out[1] + channel) * (size_t)out[2] * (size_t)out[3];  \
        int64_t top, bottom, left, right;                                                          \
        for (int64_t i = 0; i < out[2]; i++)                                                       \
            for (int64_t j = 0; j < out[3]; j++, y++) {                                            \
                cell_range((double)box[2] * r->scale, (double)box[4] * r->scale, out[2], i,        \
                           height, &top, &bottom);                                                 \
                cell_range((double)box[1] * r->scale, (double)box[3] * r->scale, out[3], j, width, \
                           &left, &right);                                                         \
                const bool empty = top >= bottom || left >= right;                                 \
                T best = empty ? 0 : x[top * width + left];                                        \
                for (int64_t a = top; a < bottom && !empty; a++)                                   \
                    for (int64_t b = left; b < right; b++)                                         \
                        if (x[a * width + b] > best) best = x[a * width + b];                      \
                *y = best;                                                                         \
            }                                                                                      \
    }
POOL(pool_f32, float)
POOL(pool_f64, double)

static void pool_planes(void *arg, size_t begin, size_t end) {
    const regions *r = arg;
    const size_t channels = (size_t)r->y->dims[1];
    for (size_t i = begin; i < end; i++)
        if (r->x->dtype == LW_FLOAT32) pool_f32(r, i / channels, i % channels);
        else pool_f64(r, i / channels, i % channels);
}

static lw_status run(lwi_call *c) {
    regions r = {c->in[0], c->in[1], c->out[0], lwi_attr_float(c->node, "spatial_scale", 1)};
    if (r.y->count == 0) return LW_OK;
    for (size_t i = 0; i < (size_t)r.rois->dims[0]; i++) {
        const double image = lwi_get_double(r.rois, i * 5);
        if (!(image >= 0 && image < (double)r.x->dims[0]))
            return lwi_call_fail(c, LW_RANGE, "region %zu is in image %g of %lld", i, image,
                                 (long long)r.x->dims[0]);
        for (size_t k = 1; k < 5; k++)
            if (!isfinite(lwi_get_double(r.rois, i * 5 + k)))
                return lwi_call_fail(c, LW_RANGE, "region %zu is not finite", i);
    }
    lwi_parallel(c, (size_t)(r.y->dims[0] * r.y->dims[1]), 4, pool_planes, &r);
    return LW_OK;
}

const lwi_op lwi_op_max_roi_pool = {.infer = infer, .run = run, .flags = LWI_WIDEN};
