/* SPDX-License-Identifier: MIT
 * Pictures as inputs: sizes, channels and layout follow the input's shape unless options say
 * otherwise. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lampwick/media.h>

#include "load_input.h"

/* What the input wants; -1: anything. */
typedef struct target {
    int64_t height, width, channels;
    bool nhwc;
} target;

static bool is_channels(int64_t dim) { return dim == 1 || dim == 3; }

/* [n,c,h,w], [n,h,w,c], the same without n, or [h,w]. */
static target look(const int64_t *dims, int rank, const char *layout) {
    target t = {-1, -1, -1, false};
    if (layout) t.nhwc = !strcmp(layout, "nhwc");
    if (rank == 2) return (target){dims[0], dims[1], 1, false};
    if (rank != 3 && rank != 4) return t;
    const int64_t *d = dims + (rank - 3);
    if (!layout) t.nhwc = !is_channels(d[0]) && is_channels(d[2]);
    if (t.nhwc) return (target){d[0], d[1], d[2], true};
    return (target){d[1], d[2], d[0], false};
}

static bool parse_size(const char *text, int64_t *width, int64_t *height) {
    char *end;
    *width = strtoll(text, &end, 10);
    *height = -1;
    if (*end == 'x') *height = strtoll(end + 1, &end, 10);
    return !*end && *width > 0 && *width <= 65536 && *height != 0 && *height <= 65536;
}

static bool resize(lw_value **pixels, int64_t height, int64_t width, const char *filter) {
    lw_value *made;
    const lw_media_filter how = !filter || !strcmp(filter, "bilinear") ? LW_MEDIA_BILINEAR
                                : !strcmp(filter, "bicubic")           ? LW_MEDIA_BICUBIC
                                                                       : LW_MEDIA_NEAREST;
    if (lw_media_image_resize(*pixels, height, width, how, &made)) return false;
    lw_value_free(*pixels);
    *pixels = made;
    return true;
}

/* The shorter side becomes `size`, the other in proportion. */
static bool resize_shortest(lw_value **pixels, int64_t size, const char *filter) {
    const int64_t h = lw_tensor_dims(*pixels)[0], w = lw_tensor_dims(*pixels)[1];
    const int64_t height = h < w ? size : size * h / w, width = h < w ? size * w / h : size;
    return resize(pixels, height, width, filter);
}

static bool crop(lw_value **pixels, int64_t height, int64_t width) {
    const int64_t h = lw_tensor_dims(*pixels)[0], w = lw_tensor_dims(*pixels)[1];
    lw_value *made;
    /* The middle, rounded as torchvision's CenterCrop does. */
    const int64_t top = (int64_t)nearbyint((double)(h - height) / 2);
    const int64_t left = (int64_t)nearbyint((double)(w - width) / 2);
    if (lw_media_image_crop(*pixels, top, left, height, width, &made)) return false;
    lw_value_free(*pixels);
    *pixels = made;
    return true;
}

static bool set_size(lw_value **pixels, const target *t, const lwi_input_options *options) {
    int64_t width, height;
    if (options->resize) {
        if (!parse_size(options->resize, &width, &height))
            return lw_fail(LW_INVALID, "--resize is WIDTHxHEIGHT or the shorter side") == LW_OK;
        if (!(height < 0 ? resize_shortest(pixels, width, options->filter)
                         : resize(pixels, height, width, options->filter)))
            return false;
    }
    if (options->crop) {
        if (!parse_size(options->crop, &width, &height))
            return lw_fail(LW_INVALID, "--crop is WIDTHxHEIGHT or one side") == LW_OK;
        if (!crop(pixels, height < 0 ? width : height, width)) return false;
    }
    const int64_t *dims = lw_tensor_dims(*pixels);
    height = t->height > 0 ? t->height : dims[0];
    width = t->width > 0 ? t->width : dims[1];
    if (height == dims[0] && width == dims[1]) return true;
    if (options->resize && !options->crop && height <= dims[0] && width <= dims[1])
        return crop(pixels, height, width);
    return resize(pixels, height, width, options->filter);
}

/* "0.5" or "0.485,0.456,0.406". */
static bool parse_channels(const char *text, double *numbers, const char *option) {
    int n = 0;
    for (const char *at = text; at && n < 4; n++) {
        char *end;
        numbers[n] = strtod(at, &end);
        if (end == at || (*end && *end != ',')) break;
        at = *end ? end + 1 : NULL;
        if (at) continue;
        for (int i = n + 1; i < 4; i++)
            numbers[i] = n ? 0 : numbers[0];
        return true;
    }
    lwi_complain("--%s is one number or one for each channel, such as 0.485,0.456,0.406", option);
    return false;
}

static bool to_tensor(lw_value *pixels, const lw_io_info *info, const target *t,
                      const lwi_input_options *options, lw_value **value) {
    const bool bytes = info->dtype == LW_UINT8 || info->dtype == LW_INT8;
    lw_media_tensor_options o = {.size = sizeof o,
                                 .nhwc = t->nhwc,
                                 .bgr = options->bgr,
                                 .scale = options->scale != 0 ? options->scale
                                          : bytes             ? 1
                                                              : 0};
    if (options->mean && !parse_channels(options->mean, o.mean, "mean")) return false;
    if (options->std && !parse_channels(options->std, o.std, "std")) return false;
    if (!lw_media_image_tensor(pixels, &o, value)) return true;
    lwi_complain("input %s: %s", info->name, lw_last_error());
    return false;
}

bool lwi_load_picture(const char *path, const lw_io_info *info, const lwi_input_options *options,
                      const int64_t *dims, int rank, lw_value **value) {
    const target t = look(dims, rank, options->layout);
    const lw_media_image_options load = {.size = sizeof load,
                                         .channels = options->gray || t.channels == 1 ? 1 : 3};
    lw_value *pixels;
    if (lw_media_image_load(path, &load, &pixels)) {
        lwi_complain("input %s: %s", info->name, lw_last_error());
        return false;
    }
    bool good = set_size(&pixels, &t, options);
    if (!good) lwi_complain("%s: %s", path, lw_last_error());
    good = good && to_tensor(pixels, info, &t, options, value);
    lw_value_free(pixels);
    if (!good) return false;
    const int64_t *made = lw_tensor_dims(*value);
    int64_t copy[4];
    memcpy(copy, made, sizeof copy);
    const int kept = rank >= 2 && rank <= 4 ? rank : 4;
    /* For [h,w] the one channel, which comes first, goes as well. */
    if (lwi_reshape_input(info, copy + (4 - kept), kept, value)) return true;
    lw_value_free(*value);
    return false;
}
