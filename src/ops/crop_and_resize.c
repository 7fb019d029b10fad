/* SPDX-License-Identifier: MIT
 * com.microsoft CropAndResize: regions of images, given by corners in [0, 1], resized to one size
 * (as TensorFlow's tf.image.crop_and_resize does). */
#include "ops/op.h"

#include <math.h>

typedef struct crop {
    const lw_value *x, *rois, *batch;
    lw_value *y;
    float extrapolation;
    bool nearest;
} crop;

static lw_status infer(lwi_call *c) {
    int64_t size[2];
    size_t n = 0;
    LW_TRY(lwi_need_rank(c, 0, 4, 4));
    LW_TRY(lwi_need_rank(c, 1, 2, 2));
    LW_TRY(lwi_need_rank(c, 2, 1, 1));
    LW_TRY(lwi_in_ints(c, 3, size, 2, &n));
    const int64_t *rois = c->in[1]->dims;
    if (n != 2 || size[0] < 1 || size[1] < 1)
        return lwi_call_fail(c, LW_SHAPE, "crop_size is not two positive numbers");
    if (rois[1] != 4 || c->in[2]->dims[0] != rois[0])
        return lwi_call_fail(c, LW_SHAPE, "%lld regions of %lld numbers with %lld batch indices",
                             (long long)rois[0], (long long)rois[1], (long long)c->in[2]->dims[0]);
    return lwi_out(c, 0, c->in[0]->dtype, 4,
                   (int64_t[]){rois[0], c->in[0]->dims[1], size[0], size[1]});
}

/* The coordinate of element i of n in a region of an axis of `size` elements; false: outside. */
static bool place(double from, double to, int64_t i, int64_t n, int64_t size, double *at) {
    const double last = (double)size - 1;
    *at = n > 1 ? from * last + (double)i * (to - from) * last / (double)(n - 1)
                : 0.5 * (from + to) * last;
    return *at >= 0 && *at <= last;
}

#define CROP(NAME, T)                                                                              \
    static T NAME##_read(const crop *p, const T *x, double v, double h) {                          \
        const int64_t width = p->x->dims[3];                                                       \
        if (p->nearest) return x[(int64_t)round(v) * width + (int64_t)round(h)];                   \
        const T *low = x + (int64_t)floor(v) * width, *high = x + (int64_t)ceil(v) * width;        \
        const int64_t left = (int64_t)floor(h), right = (int64_t)ceil(h);                          \
        const T a = (T)(v - floor(v)), b = (T)(h - floor(h));                                      \
        const T top = low[left] + (low[right] - low[left]) * b;                                    \
        return top + (high[left] + (high[right] - high[left]) * b - top) * a;                      \
    }                                                                                              \
    static void NAME(const crop *p, size_t roi, size_t channel) {                                  \
        const int64_t *out = p->y->dims, height = p->x->dims[2], width = p->x->dims[3];            \
        const T *box = (const T *)p->rois->data + roi * 4;                                         \
        const size_t image = (size_t)lwi_get_int(p->batch, roi);                                   \
        const T *x =                                                                               \
            (const T *)p->x->data + (image * (size_t)out[1] + channel) * (size_t)(height * width); \
        T *y =                                                                                     \
            (T *)p->y->data + (roi * (size_t)out[1] + channel) * (size_t)out[2] * (size_t)out[3];  \
        for (int64_t i = 0; i < out[2]; i++)                                                       \
            for (int64_t j = 0; j < out[3]; j++) {                                                 \
                double v, h;                                                                       \
                const bool inside =                                                                \
                    place((double)box[0], (double)box[2], i, out[2], height, &v) &&                \
                    place((double)box[1], (double)box[3], j, out[3], width, &h);                   \
                *y++ = inside ? NAME##_read(p, x, v, h) : (T)p->extrapolation;                     \
            }                                                                                      \
    }
CROP(crop_f32, float)
CROP(crop_f64, double)

static void crop_planes(void *arg, size_t begin, size_t end) {
    const crop *p = arg;
    const size_t channels = (size_t)p->y->dims[1];
    for (size_t i = begin; i < end; i++)
        if (p->x->dtype == LW_FLOAT32) crop_f32(p, i / channels, i % channels);
        else crop_f64(p, i / channels, i % channels);
}

static lw_status run(lwi_call *c) {
    crop p = {.x = c->in[0],
              .rois = c->in[1],
              .batch = c->in[2],
              .y = c->out[0],
              .extrapolation = lwi_attr_float(c->node, "extrapolation_value", 0),
              .nearest = lwi_attr_is(c->node, "mode", "nearest")};
    if (p.y->count == 0) return LW_OK;
    for (size_t i = 0; i < p.batch->count; i++) {
        const int64_t image = lwi_get_int(p.batch, i);
        if (image < 0 || image >= p.x->dims[0])
            return lwi_call_fail(c, LW_RANGE, "region %zu is in image %lld of %lld", i,
                                 (long long)image, (long long)p.x->dims[0]);
    }
    lwi_parallel(c, (size_t)(p.y->dims[0] * p.y->dims[1]), 4, crop_planes, &p);
    return LW_OK;
}

const lwi_op lwi_op_crop_and_resize = {.infer = infer, .run = run, .flags = LWI_WIDEN};
