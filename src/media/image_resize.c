/* SPDX-License-Identifier: MIT
 * Resizing pictures: each output pixel is a weighted mean of the input pixels under a filter that
 * is as wide as the output pixel when the picture shrinks. Weights are rounded to 22 bits and each
 * direction to 8 bits, as Pillow's Image.resize does, so that results are the same. Bicubic:
 * Keys 1981, "Cubic convolution interpolation for digital image processing", a = -0.5. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "picture.h"

enum { WEIGHT_BITS = 22 };

static const double pi = 3.14159265358979323846;

static double linear(double x) { return fabs(x) < 1 ? 1 - fabs(x) : 0; }

static double cubic(double x) {
    const double a = -0.5;
    x = fabs(x);
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
    return 0;
}

static double box(double x) { return x > -0.5 && x <= 0.5 ? 1 : 0; }

static double sinc(double x) { return x == 0 ? 1 : sin(x * pi) / (x * pi); }

static double hamming(double x) {
    x = fabs(x);
    if (x == 0) return 1;
    return x < 1 ? sinc(x) * (0.54 + 0.46 * cos(x * pi)) : 0;
}

static double lanczos(double x) { return -3 <= x && x < 3 ? sinc(x) * sinc(x / 3) : 0; }

/* By lw_media_filter; reach: the filter is 0 beyond. */
static const struct {
    double (*at)(double x);
    double reach;
} filters[] = {[LW_MEDIA_BILINEAR] = {linear, 1},
               [LW_MEDIA_BICUBIC] = {cubic, 2},
               [LW_MEDIA_BOX] = {box, 0.5},
               [LW_MEDIA_HAMMING] = {hamming, 1},
               [LW_MEDIA_LANCZOS] = {lanczos, 3}};

/* For each output position: where its input starts, how many there are, and their weights. */
typedef struct weights {
    size_t most; /* weights kept for each output */
    size_t *first, *count;
    int32_t *values;
} weights;

static void free_weights(weights *w) {
    free(w->first);
    free(w->count);
    free(w->values);
}

static void set_weights(weights *w, size_t i, double center, double spread, double reach, size_t in,
                        double (*filter)(double), double *exact) {
    const double low = center - reach + 0.5, high = center + reach + 0.5;
    const size_t first = low < 0 ? 0 : (size_t)low;
    const size_t end = high > (double)in ? in : (size_t)high;
    double sum = 0;
    for (size_t k = 0; k < end - first; k++)
        sum += exact[k] = filter(((double)(first + k) - center + 0.5) * (1 / spread));
    for (size_t k = 0; k < end - first; k++) {
        const double v = (sum != 0 ? exact[k] / sum : exact[k]) * (1 << WEIGHT_BITS);
        w->values[i * w->most + k] = (int32_t)(v < 0 ? v - 0.5 : v + 0.5);
    }
    w->first[i] = first;
    w->count[i] = end - first;
}

static lw_status make_weights(size_t in, size_t out, lw_media_filter filter, weights *w) {
    const double scale = (double)in / (double)out, spread = scale < 1 ? 1 : scale;
    const double reach = filters[filter].reach * spread;
    w->most = (size_t)ceil(reach) * 2 + 1;
    size_t n;
    const bool fits = lwi_mul_size(w->most, out, &n) && n < SIZE_MAX / 8;
    w->first = fits ? malloc(out * sizeof *w->first) : NULL;
    w->count = fits ? malloc(out * sizeof *w->count) : NULL;
    w->values = fits ? malloc(n * sizeof *w->values) : NULL;
    double *exact = malloc(w->most * sizeof *exact);
    if (!w->first || !w->count || !w->values || !exact) {
        free(exact);
        free_weights(w);
        return lwi_media_fail(LW_NO_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < out; i++)
        set_weights(w, i, ((double)i + 0.5) * scale, spread, reach, in, filters[filter].at, exact);
    free(exact);
    return LW_OK;
}

/* One output value from inputs that lie `step` apart. */
static uint8_t blend(const uint8_t *from, size_t step, const int32_t *values, size_t n) {
    int64_t sum = 1 << (WEIGHT_BITS - 1);
    for (size_t k = 0; k < n; k++)
        sum += (int64_t)from[k * step] * values[k];
    sum >>= WEIGHT_BITS;
    return (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
}

/* Resizes the middle direction of [outer, in, inner] bytes. */
static void resize_middle(const uint8_t *from, uint8_t *to, size_t outer, size_t in, size_t out,
                          size_t inner, const weights *w) {
    for (size_t o = 0; o < outer; o++)
        for (size_t i = 0; i < out; i++)
            for (size_t k = 0; k < inner; k++)
                *to++ = blend(from + (o * in + w->first[i]) * inner + k, inner,
                              w->values + i * w->most, w->count[i]);
}

static lw_status resize_axis(int axis, size_t size, lw_media_filter filter, lw_value **pixels) {
    int64_t dims[3];
    memcpy(dims, lw_tensor_dims(*pixels), sizeof dims);
    const size_t in = (size_t)dims[axis];
    if (in == size) return LW_OK;
    weights w = {0};
    lw_value *made;
    lw_status status = make_weights(in, size, filter, &w);
    if (status) return status;
    dims[axis] = (int64_t)size;
    status = lw_tensor_new(LW_UINT8, 3, dims, &made);
    if (!status) {
        resize_middle(lw_tensor_data(*pixels), lw_tensor_data(made),
                      axis == 1 ? (size_t)dims[0] : 1, in, size,
                      axis == 1 ? (size_t)dims[2] : (size_t)(dims[1] * dims[2]), &w);
        lw_value_free(*pixels);
        *pixels = made;
    }
    free_weights(&w);
    return status;
}

/* The pixel that a position lies in, within the picture. */
static size_t whole(double at, int64_t size) {
    return at < (double)size ? (size_t)at : (size_t)size - 1;
}

static lw_status resize_nearest(const lw_value *pixels, const int64_t *dims, lw_value **resized) {
    lw_value *made;
    const lw_status status = lw_tensor_new(LW_UINT8, 3, dims, &made);
    if (status) return status;
    const int64_t *in = lw_tensor_dims(pixels);
    size_t *columns = malloc((size_t)dims[1] * sizeof *columns);
    if (!columns) {
        lw_value_free(made);
        return lwi_media_fail(LW_NO_MEMORY, "out of memory");
    }
    const double down = (double)in[0] / (double)dims[0], across = (double)in[1] / (double)dims[1];
    /* Positions are summed up, not multiplied: the rounding decides where they are whole. */
    double at = across * 0.5;
    for (int64_t x = 0; x < dims[1]; x++, at += across)
        columns[x] = whole(at, in[1]);
    const uint8_t *from = lw_tensor_data(pixels);
    uint8_t *to = lw_tensor_data(made);
    at = down * 0.5;
    for (int64_t y = 0; y < dims[0]; y++, at += down) {
        const uint8_t *row = from + whole(at, in[0]) * (size_t)(in[1] * dims[2]);
        for (int64_t x = 0; x < dims[1]; x++, to += dims[2])
            memcpy(to, row + columns[x] * (size_t)dims[2], (size_t)dims[2]);
    }
    free(columns);
    *resized = made;
    return LW_OK;
}

lw_status lw_media_image_resize(const lw_value *pixels, int64_t height, int64_t width,
                                lw_media_filter filter, lw_value **resized) {
    int64_t h, w, channels;
    lw_status status = lwi_picture_check(pixels, &h, &w, &channels);
    if (status) return status;
    if (height < 1 || width < 1 || height > INT32_MAX || width > INT32_MAX)
        return lwi_media_fail(LW_INVALID, "a picture cannot be resized to %lld x %lld",
                              (long long)width, (long long)height);
    if (filter < LW_MEDIA_NEAREST || filter > LW_MEDIA_LANCZOS)
        return lwi_media_fail(LW_INVALID, "there is no filter %d", (int)filter);
    const int64_t dims[3] = {height, width, channels};
    if (filter == LW_MEDIA_NEAREST) return resize_nearest(pixels, dims, resized);
    lw_value *made = NULL;
    status = lw_value_copy(pixels, &made);
    /* Pillow 13 begins with the rows where that takes away more than twice as many lines. */
    const int first = height < h && h - height > 2 * (w - width) ? 0 : 1;
    for (int i = 0; i < 2 && !status; i++) {
        const int axis = i ? 1 - first : first;
        status = resize_axis(axis, (size_t)dims[axis], filter, &made);
    }
    if (status) lw_value_free(made);
    else *resized = made;
    return status;
}
