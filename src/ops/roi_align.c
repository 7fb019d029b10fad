/* SPDX-License-Identifier: MIT
 * RoiAlign (ONNX 22; Mask R-CNN, arXiv:1703.06870): each cell of a grid over a region is the mean
 * or the maximum of points between elements, which are interpolated linearly. */
#include "ops/roi_align.h"

#include <math.h>

/* Points along one axis in one cell. */
enum { MAX_POINTS = 1 << 12 };

typedef lwi_roi_axis axis;
typedef lwi_roi_align align;
typedef lwi_between between;

static between locate(const axis *a, int64_t cell, int64_t i) {
    double at = a->start + ((double)cell + ((double)i + 0.5) / (double)a->points) * a->cell;
    if (!(at >= -1 && at <= (double)a->size)) return (between){0, 0, 0, 0};
    if (at < 0) at = 0;
    const int64_t low = (int64_t)at;
    if (low >= a->size - 1) return (between){a->size - 1, a->size - 1, 1, 0};
    return (between){low, low + 1, 1 - (at - (double)low), at - (double)low};
}

/* The points of all cells along an axis, if they are few: the same for all channels. */
enum { FEW = 256 };
typedef struct line {
    axis a;
    bool known;
    between points[FEW];
} line;

static void locate_all(line *l, int64_t cells) {
    l->known = l->a.points * cells <= FEW;
    for (int64_t k = 0; l->known && k < cells; k++)
        for (int64_t i = 0; i < l->a.points; i++)
            l->points[k * l->a.points + i] = locate(&l->a, k, i);
}

static inline between point(const line *l, int64_t cell, int64_t i) {
    return l->known ? l->points[cell * l->a.points + i] : locate(&l->a, cell, i);
}

static axis cut(const align *p, double from, double to, int64_t cells, int64_t size) {
    const double shift = p->half_pixel ? 0.5 : 0;
    axis a = {.start = from * p->scale - shift, .size = size};
    double length = to * p->scale - shift - a.start;
    if (!p->half_pixel && length < 1) length = 1;
    a.cell = length / (double)cells;
    const double points = p->sampling_ratio > 0 ? (double)p->sampling_ratio : ceil(a.cell);
    a.points = points < 0 ? 0 : points < MAX_POINTS ? (int64_t)points : MAX_POINTS;
    return a;
}

#define ALIGN(NAME, T)                                                                             \
    static double NAME##_cell(const align *p, const T *x, const line *v, const line *h,            \
                              int64_t row, int64_t column) {                                       \
        double sum = 0, top = 0;                                                                   \
        for (int64_t i = 0; i < v->a.points; i++) {                                                \
            const between b = point(v, row, i);                                                    \
            const T *low = x + b.low * h->a.size, *high = x + b.high * h->a.size;                  \
            for (int64_t j = 0; j < h->a.points; j++) {                                            \
                const between s = point(h, column, j);                                             \
                const double q[4] = {                                                              \
                    b.low_weight * s.low_weight * (double)low[s.low],                              \
                    b.low_weight * s.high_weight * (double)low[s.high],                            \
                    b.high_weight * s.low_weight * (double)high[s.low],                            \
                    b.high_weight * s.high_weight * (double)high[s.high],                          \
                };                                                                                 \
                sum += q[0] + q[1] + q[2] + q[3];                                                  \
                for (int k = 0; p->maximum && k < 4; k++)                                          \
                    if ((i == 0 && j == 0 && k == 0) || q[k] > top) top = q[k];                    \
            }                                                                                      \
        }                                                                                          \
        const int64_t count = v->a.points * h->a.points;                                           \
        return p->maximum ? top : sum / (double)(count > 1 ? count : 1);                           \
    }                                                                                              \
    static void NAME(const align *p, size_t roi, size_t channel, const line *v, const line *h) {   \
        const int64_t *out = p->y->dims, height = p->x->dims[2], width = p->x->dims[3];            \
        const size_t image = (size_t)lwi_get_int(p->batch, roi);                                   \
        const T *x =                                                                               \
            (const T *)p->x->data + (image * (size_t)out[1] + channel) * (size_t)(height * width); \
        T *y =                                                                                     \
            (T *)p->y->data + (roi * (size_t)out[1] + channel) * (size_t)out[2] * (size_t)out[3];  \
        for (int64_t i = 0; i < out[2]; i++)                                                       \
            for (int64_t j = 0; j < out[3]; j++)                                                   \
                *y++ = (T)NAME##_cell(p, x, v, h, i, j);                                           \
    }
ALIGN(align_f32, float)
ALIGN(align_f64, double)

void lwi_roi_cut(const lwi_roi_align *p, size_t roi, lwi_roi_axis *v, lwi_roi_axis *h) {
    const int64_t *out = p->y->dims, *in = p->x->dims;
    double box[4];
    for (size_t k = 0; k < 4; k++)
        box[k] = lwi_get_double(p->rois, roi * 4 + k);
    *v = cut(p, box[1], box[3], out[2], in[2]);
    *h = cut(p, box[0], box[2], out[3], in[3]);
}

lwi_between lwi_roi_point(const lwi_roi_axis *a, int64_t cell, int64_t i) {
    return locate(a, cell, i);
}

static void place(const align *p, size_t roi, line *v, line *h) {
    lwi_roi_cut(p, roi, &v->a, &h->a);
    locate_all(v, p->y->dims[2]);
    locate_all(h, p->y->dims[3]);
}

static void align_planes(void *arg, size_t begin, size_t end) {
    const align *p = arg;
    const size_t channels = (size_t)p->y->dims[1];
    line v, h;
    for (size_t i = begin; i < end; i++) {
        if (i == begin || i % channels == 0) place(p, i / channels, &v, &h);
        if (p->x->dtype == LW_FLOAT32) align_f32(p, i / channels, i % channels, &v, &h);
        else align_f64(p, i / channels, i % channels, &v, &h);
    }
}

static lw_status infer(lwi_call *c) {
    LW_TRY(lwi_need_rank(c, 0, 4, 4));
    LW_TRY(lwi_need_rank(c, 1, 2, 2));
    LW_TRY(lwi_need_rank(c, 2, 1, 1));
    const int64_t *rois = c->in[1]->dims;
    const int64_t height = lwi_attr_int(c->node, "output_height", 1);
    const int64_t width = lwi_attr_int(c->node, "output_width", 1);
    if (rois[1] != 4 || c->in[2]->dims[0] != rois[0])
        return lwi_call_fail(c, LW_SHAPE, "%lld regions of %lld numbers with %lld batch indices",
                             (long long)rois[0], (long long)rois[1], (long long)c->in[2]->dims[0]);
    if (height < 1 || width < 1)
        return lwi_call_fail(c, LW_RANGE, "the output has size %lld x %lld", (long long)height,
                             (long long)width);
    return lwi_out(c, 0, c->in[0]->dtype, 4,
                   (int64_t[]){rois[0], c->in[0]->dims[1], height, width});
}

static lw_status check(const lwi_call *c, const align *p) {
    const int64_t ratio = p->sampling_ratio;
    if (ratio < 0 || ratio > MAX_POINTS)
        return lwi_call_fail(c, LW_RANGE, "sampling_ratio is %lld, expected 0 to %d",
                             (long long)ratio, (int)MAX_POINTS);
    if (p->x->dims[2] * p->x->dims[3] == 0)
        return lwi_call_fail(c, LW_SHAPE, "the images have no elements");
    for (size_t i = 0; i < p->batch->count; i++) {
        const int64_t image = lwi_get_int(p->batch, i);
        if (image < 0 || image >= p->x->dims[0])
            return lwi_call_fail(c, LW_RANGE, "region %zu is in image %lld of %lld", i,
                                 (long long)image, (long long)p->x->dims[0]);
        for (size_t k = 0; k < 4; k++)
            if (!isfinite(lwi_get_double(p->rois, i * 4 + k)))
                return lwi_call_fail(c, LW_RANGE, "region %zu is not finite", i);
    }
    return LW_OK;
}

lw_status lwi_roi_align_read(const lwi_call *c, lwi_roi_align *p) {
    const char *mode = "coordinate_transformation_mode";
    *p = (align){.x = c->in[0],
                 .rois = c->in[1],
                 .batch = c->in[2],
                 .y = c->out[0],
                 .scale = lwi_attr_float(c->node, "spatial_scale", 1),
                 .sampling_ratio = lwi_attr_int(c->node, "sampling_ratio", 0),
                 .half_pixel = !lwi_attr_is(c->node, mode, "output_half_pixel"),
                 .maximum = lwi_attr_is(c->node, "mode", "max")};
    return p->y->count ? check(c, p) : LW_OK;
}

static lw_status run(lwi_call *c) {
    align p;
    LW_TRY(lwi_roi_align_read(c, &p));
    if (p.y->count == 0) return LW_OK;
    lwi_parallel(c, (size_t)(p.y->dims[0] * p.y->dims[1]), 4, align_planes, &p);
    return LW_OK;
}

const lwi_op lwi_op_roi_align = {.infer = infer, .run = run, .flags = LWI_WIDEN};
