/* SPDX-License-Identifier: MIT
 * Pictures to what networks take: a part of them, scaled numbers, channels first. */
#include <string.h>

#include "picture.h"

lw_status lw_media_image_crop(const lw_value *pixels, int64_t top, int64_t left, int64_t height,
                              int64_t width, lw_value **part) {
    int64_t h, w, channels;
    lw_status status = lwi_picture_check(pixels, &h, &w, &channels);
    if (status) return status;
    if (top < 0 || left < 0 || height < 1 || width < 1 || top > h - height || left > w - width)
        return lwi_media_fail(LW_RANGE,
                              "%lld x %lld pixels at (%lld, %lld) do not lie in a "
                              "picture of %lld x %lld",
                              (long long)width, (long long)height, (long long)left, (long long)top,
                              (long long)w, (long long)h);
    const int64_t dims[3] = {height, width, channels};
    lw_value *made;
    status = lw_tensor_new(LW_UINT8, 3, dims, &made);
    if (status) return status;
    const size_t row = (size_t)(width * channels);
    for (int64_t y = 0; y < height; y++)
        memcpy((uint8_t *)lw_tensor_data(made) + (size_t)y * row,
               (const uint8_t *)lw_tensor_data(pixels) + ((top + y) * w + left) * channels, row);
    *part = made;
    return LW_OK;
}

lw_status lw_media_image_tensor(const lw_value *pixels, const lw_media_tensor_options *options,
                                lw_value **tensor) {
    lw_media_tensor_options o = {0};
    if (options) memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    int64_t h, w, channels;
    lw_status status = lwi_picture_check(pixels, &h, &w, &channels);
    if (status) return status;
    const int64_t nchw[4] = {1, channels, h, w}, nhwc[4] = {1, h, w, channels};
    lw_value *made;
    status = lw_tensor_new(LW_FLOAT32, 4, o.nhwc ? nhwc : nchw, &made);
    if (status) return status;
    const double scale = o.scale != 0 ? o.scale : 1 / 255.0;
    const size_t n = (size_t)(h * w), c = (size_t)channels;
    const uint8_t *from = lw_tensor_data(pixels);
    float *to = lw_tensor_data(made);
    for (size_t k = 0; k < c; k++) {
        const size_t source = o.bgr && c >= 3 && k < 3 ? 2 - k : k;
        const double spread = o.std[k] != 0 ? o.std[k] : 1;
        for (size_t i = 0; i < n; i++)
            to[o.nhwc ? i * c + k : k * n + i] =
                (float)((from[i * c + source] * scale - o.mean[k]) / spread);
    }
    *tensor = made;
    return LW_OK;
}
