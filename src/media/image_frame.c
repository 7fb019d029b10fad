/* SPDX-License-Identifier: MIT
 * Where the pixels of a picture lie: frames around it, parts of it, flipped and turned. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "picture.h"

enum { MOST_SIDE = 1 << 20 };

static lw_status new_picture(int64_t height, int64_t width, int64_t channels, lw_value **made) {
    if (height < 1 || width < 1 || height > MOST_SIDE || width > MOST_SIDE)
        return lwi_media_fail(LW_INVALID, "a picture cannot have %lld x %lld pixels",
                              (long long)width, (long long)height);
    return lw_tensor_new(LW_UINT8, 3, (const int64_t[]){height, width, channels}, made);
}

/* Copies all of `from` into `to`, its first pixel at (top, left). */
static void paste(const lw_value *from, lw_value *to, int64_t top, int64_t left) {
    const int64_t *in = lw_tensor_dims(from), *out = lw_tensor_dims(to);
    const size_t row = (size_t)(in[1] * in[2]);
    uint8_t *place = (uint8_t *)lw_tensor_data(to) + (top * out[1] + left) * out[2];
    for (int64_t y = 0; y < in[0]; y++)
        memcpy(place + y * out[1] * out[2], (const uint8_t *)lw_tensor_data(from) + (size_t)y * row,
               row);
}

lw_status lw_media_image_pad(const lw_value *pixels, int64_t left, int64_t top, int64_t right,
                             int64_t bottom, uint8_t fill, lw_value **padded) {
    int64_t h, w, channels;
    lw_value *made;
    lw_status status = lwi_picture_check(pixels, &h, &w, &channels);
    if (status) return status;
    const int64_t borders[4] = {left, top, right, bottom};
    for (int i = 0; i < 4; i++)
        if (borders[i] < 0 || borders[i] > MOST_SIDE)
            return lwi_media_fail(LW_INVALID, "a border of %lld pixels", (long long)borders[i]);
    status = new_picture(top + h + bottom, left + w + right, channels, &made);
    if (status) return status;
    memset(lw_tensor_data(made), fill, lw_tensor_bytes(made));
    paste(pixels, made, top, left);
    *padded = made;
    return LW_OK;
}

/* ---------------------------------------------------------------- resizing */

lw_status lw_media_image_resize_side(const lw_value *pixels, int64_t side, int64_t most,
                                     lw_media_filter filter, lw_value **resized) {
    int64_t h, w, channels;
    const lw_status status = lwi_picture_check(pixels, &h, &w, &channels);
    if (status) return status;
    const int64_t low = h < w ? h : w, high = h < w ? w : h;
    if (side < 1 || side > MOST_SIDE || most < 0 || (most && most < side))
        return lwi_media_fail(LW_INVALID, "a side of %lld pixels, at most %lld", (long long)side,
                              (long long)most);
    int64_t shorter = side, longer = (int64_t)((double)(side * high) / (double)low);
    if (most && longer > most) {
        shorter = (int64_t)((double)(most * shorter) / (double)longer);
        longer = most;
    }
    return lw_media_image_resize(pixels, h < w ? shorter : longer, h < w ? longer : shorter, filter,
                                 resized);
}

static int64_t scaled(int64_t size, double scale, int64_t most) {
    const double n = nearbyint((double)size * scale);
    return n < 1 ? 1 : n > (double)most ? most : (int64_t)n;
}

lw_status lw_media_image_letterbox(const lw_value *pixels, int64_t height, int64_t width,
                                   uint8_t fill, lw_media_filter filter, lw_value **framed,
                                   lw_media_letterbox *where) {
    int64_t h, w, channels;
    lw_value *small = NULL;
    lw_status status = lwi_picture_check(pixels, &h, &w, &channels);
    if (status) return status;
    const double down = (double)height / (double)h, across = (double)width / (double)w;
    lw_media_letterbox box = {.scale = down < across ? down : across};
    box.height = scaled(h, box.scale, height);
    box.width = scaled(w, box.scale, width);
    box.top = (height - box.height) / 2;
    box.left = (width - box.width) / 2;
    status = lw_media_image_resize(pixels, box.height, box.width, filter, &small);
    if (!status)
        status = lw_media_image_pad(small, box.left, box.top, width - box.width - box.left,
                                    height - box.height - box.top, fill, framed);
    lw_value_free(small);
    if (!status && where) *where = box;
    return status;
}

/* -------------------------------------------------------------------- parts */

static int64_t half_of_missing(int64_t size, int64_t wanted) {
    return wanted > size ? (wanted - size) / 2 : 0;
}

static int64_t rest_of_missing(int64_t size, int64_t wanted) {
    return wanted > size ? (wanted - size + 1) / 2 : 0;
}

/* Half of what is too much, to even where that is no whole number, as Python's round. */
static int64_t half_of_rest(int64_t size, int64_t wanted) {
    return wanted < size ? (int64_t)nearbyint((double)(size - wanted) / 2) : 0;
}

lw_status lw_media_image_center_crop(const lw_value *pixels, int64_t height, int64_t width,
                                     lw_value **part) {
    int64_t h, w, channels;
    lw_value *padded = NULL;
    lw_status status = lwi_picture_check(pixels, &h, &w, &channels);
    if (status) return status;
    status = lw_media_image_pad(pixels, half_of_missing(w, width), half_of_missing(h, height),
                                rest_of_missing(w, width), rest_of_missing(h, height), 0, &padded);
    if (status) return status;
    status =
        lw_media_image_crop(padded, half_of_rest(lw_tensor_dims(padded)[0], height),
                            half_of_rest(lw_tensor_dims(padded)[1], width), height, width, part);
    lw_value_free(padded);
    return status;
}

/* ------------------------------------------------------------------ turning */

/* Pixel (y, x) of the new picture is pixel (y * dy + x * dx + first) of the old one. */
static void take_pixels(const lw_value *from, lw_value *to, int64_t first, int64_t dy, int64_t dx) {
    const int64_t *dims = lw_tensor_dims(to);
    const uint8_t *old = lw_tensor_data(from);
    uint8_t *new = lw_tensor_data(to);
    for (int64_t y = 0; y < dims[0]; y++)
        for (int64_t x = 0; x < dims[1]; x++, new += dims[2])
            memcpy(new, old + (first + y * dy + x * dx) * dims[2], (size_t)dims[2]);
}

lw_status lw_media_image_flip(const lw_value *pixels, bool vertical, lw_value **flipped) {
    int64_t h, w, channels;
    lw_value *made;
    lw_status status = lwi_picture_check(pixels, &h, &w, &channels);
    if (!status) status = new_picture(h, w, channels, &made);
    if (status) return status;
    if (vertical) take_pixels(pixels, made, (h - 1) * w, -w, 1);
    else take_pixels(pixels, made, w - 1, w, -1);
    *flipped = made;
    return LW_OK;
}

lw_status lw_media_image_rotate(const lw_value *pixels, int quarters, lw_value **rotated) {
    int64_t h, w, channels;
    lw_value *made;
    lw_status status = lwi_picture_check(pixels, &h, &w, &channels);
    const bool upright = quarters % 2 == 0;
    if (!status) status = new_picture(upright ? h : w, upright ? w : h, channels, &made);
    if (status) return status;
    switch ((quarters % 4 + 4) % 4) {
    case 0:
        take_pixels(pixels, made, 0, w, 1);
        break;
    case 1:
        take_pixels(pixels, made, w - 1, -1, w);
        break;
    case 2:
        take_pixels(pixels, made, h * w - 1, -w, -1);
        break;
    default:
        take_pixels(pixels, made, (h - 1) * w, 1, -w);
        break;
    }
    *rotated = made;
    return LW_OK;
}
