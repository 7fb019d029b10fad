/* SPDX-License-Identifier: MIT
 * Where the elements of a resized axis come from. Linear and cubic filters (R. Keys, "Cubic
 * Convolution Interpolation for Digital Image Processing", 1981) are stretched by 1 / scale when
 * shrinking with antialias. */
#include "ops/resize.h"

#include <math.h>
#include <string.h>

/* The coordinate in the input of output element i; false if the mode is not known. */
static bool original(const lwi_resize *r, const lwi_resize_axis *a, double i, double *x) {
    const double last = (double)a->in - 1;
    if (!strcmp(r->coordinates, "half_pixel")) {
        *x = (i + 0.5) / a->scale - 0.5;
    } else if (!strcmp(r->coordinates, "half_pixel_symmetric")) {
        const double offset = (double)a->in / 2 * (1 - (double)a->out / a->width);
        *x = offset + (i + 0.5) / a->scale - 0.5;
    } else if (!strcmp(r->coordinates, "pytorch_half_pixel")) {
        *x = a->out > 1 ? (i + 0.5) / a->scale - 0.5 : 0;
    } else if (!strcmp(r->coordinates, "align_corners")) {
        *x = a->width == 1 ? 0 : i * last / (a->width - 1);
    } else if (!strcmp(r->coordinates, "asymmetric")) {
        *x = i / a->scale;
    } else if (r->crop) {
        *x = a->out > 1 ? a->start * last + i * (a->end - a->start) * last / ((double)a->out - 1)
                        : (a->start + a->end) / 2 * last;
    } else {
        return false;
    }
    return true;
}

static bool nearest(const lwi_resize *r, double x, double *index) {
    if (!strcmp(r->nearest, "round_prefer_floor")) *index = ceil(x - 0.5);
    else if (!strcmp(r->nearest, "round_prefer_ceil")) *index = floor(x + 0.5);
    else if (!strcmp(r->nearest, "floor")) *index = floor(x);
    else if (!strcmp(r->nearest, "ceil")) *index = ceil(x);
    else return false;
    return true;
}

static double filter(const lwi_resize *r, double x) {
    const double a = r->cubic_a;
    x = fabs(x);
    if (r->mode == LWI_LINEAR) return x < 1 ? 1 - x : 0;
    if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

static int64_t clamp(int64_t i, int64_t n) { return i < 0 ? 0 : i < n ? i : n - 1; }

/* Elements and weights for the coordinate x. The filter covers elements floor(x) + first to
 * floor(x) + 1 - first. */
static void weigh(const lwi_resize *r, const lwi_resize_axis *a, double x, int64_t first,
                  double shrink, int64_t *index, double *weight) {
    const double base = floor(x), ratio = x - base;
    double sum = 0;
    for (size_t t = 0; t < a->taps; t++) {
        const int64_t shift = first + (int64_t)t, i = (int64_t)base + shift;
        const bool outside = i < 0 || i >= a->in;
        weight[t] = outside && r->exclude_outside ? 0 : filter(r, ((double)shift - ratio) * shrink);
        index[t] = clamp(i, a->in);
        sum += weight[t];
    }
    if ((r->exclude_outside || r->antialias) && sum != 0)
        for (size_t t = 0; t < a->taps; t++)
            weight[t] /= sum;
}

lw_status lwi_resize_tables(lwi_call *c, const lwi_resize *r, lwi_resize_axis *a) {
    const double reach = r->mode == LWI_CUBIC ? 2 : 1;
    const double shrink = r->antialias && a->scale < 1 ? a->scale : 1;
    const double first = floor(-reach / shrink) + 1;
    const size_t out = (size_t)a->out;
    if (first < -1e9) return lwi_call_fail(c, LW_LIMIT, "the scale %g is too small", a->scale);
    a->taps = r->mode == LWI_NEAREST ? 1 : (size_t)(2 - 2 * first);
    LW_TRY(lwi_scratch(c, out * a->taps, sizeof *a->index, &a->index));
    if (r->mode != LWI_NEAREST)
        LW_TRY(lwi_scratch(c, out * a->taps, sizeof *a->weight, &a->weight));
    if (r->crop) LW_TRY(lwi_scratch(c, out, sizeof *a->outside, &a->outside));
    const double far = (double)a->in + (double)a->taps + 2;
    for (size_t i = 0; i < out; i++) {
        double x, near;
        if (!original(r, a, (double)i, &x))
            return lwi_call_fail(c, LW_UNSUPPORTED, "the coordinates '%.40s' are not known",
                                 r->coordinates);
        if (r->crop) a->outside[i] = !(x >= 0 && x <= (double)a->in - 1);
        /* Far outside it makes no difference how far. */
        if (!(x > -far)) x = -far;
        if (x > far) x = far;
        /* Scales are float32: what rounding them moved off an integer goes back. */
        if (r->mode == LWI_NEAREST) x = (double)(float)x;
        if (r->mode != LWI_NEAREST) {
            weigh(r, a, x, (int64_t)first, shrink, a->index + i * a->taps, a->weight + i * a->taps);
        } else if (nearest(r, x, &near)) {
            a->index[i] = clamp((int64_t)near, a->in);
        } else {
            return lwi_call_fail(c, LW_UNSUPPORTED, "nearest_mode '%.40s' is not known",
                                 r->nearest);
        }
    }
    return LW_OK;
}
