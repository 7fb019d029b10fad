/* SPDX-License-Identifier: MIT */
#include "picture.h"

#include <stdlib.h>
#include <string.h>

lw_status lwi_picture_new(uint64_t height, uint64_t width, int channels, uint64_t max_pixels,
                          lw_value **pixels) {
    if (!height || !width) return lwi_media_fail(LW_CORRUPT, "the picture has no pixels");
    if (height > max_pixels || width > max_pixels / height)
        return lwi_media_fail(LW_LIMIT, "the picture has %llu x %llu pixels, at most %llu are read",
                              (unsigned long long)width, (unsigned long long)height,
                              (unsigned long long)max_pixels);
    const int64_t dims[3] = {(int64_t)height, (int64_t)width, channels};
    return lw_tensor_new(LW_UINT8, 3, dims, pixels);
}

lw_status lwi_picture_check(const lw_value *pixels, int64_t *height, int64_t *width,
                            int64_t *channels) {
    if (lw_tensor_dtype(pixels) != LW_UINT8)
        return lwi_media_fail(LW_TYPE, "a picture is a uint8 tensor, not %s",
                              lw_dtype_name(lw_tensor_dtype(pixels)));
    if (lw_tensor_rank(pixels) != 3 || lw_tensor_dims(pixels)[2] < 1 ||
        lw_tensor_dims(pixels)[2] > 4 || !lw_tensor_count(pixels))
        return lwi_media_fail(LW_SHAPE, "a picture is [height, width, 1 to 4 channels]");
    *height = lw_tensor_dims(pixels)[0];
    *width = lw_tensor_dims(pixels)[1];
    *channels = lw_tensor_dims(pixels)[2];
    return LW_OK;
}

typedef struct format {
    const char *name, *library;
    lwi_picture_decoder decode; /* NULL: not built in */
    size_t at;                  /* where the magic bytes are */
    const char *magic;
    size_t n;
} format;

#ifdef LWI_HAVE_JPEG
#define JPEG lwi_decode_jpeg
#else
#define JPEG NULL
#endif
#ifdef LWI_HAVE_PNG
#define PNG lwi_decode_png
#else
#define PNG NULL
#endif
#ifdef LWI_HAVE_WEBP
#define WEBP lwi_decode_webp
#else
#define WEBP NULL
#endif
#ifdef LWI_HAVE_TIFF
#define TIFF lwi_decode_tiff
#else
#define TIFF NULL
#endif
#ifdef LWI_HAVE_OPENJPEG
#define JPEG2000 lwi_decode_jpeg2000
#else
#define JPEG2000 NULL
#endif
#ifdef LWI_HAVE_SNDFILE
#define HAVE_SNDFILE true
#else
#define HAVE_SNDFILE false
#endif
#ifdef LWI_HAVE_ZLIB
#define HAVE_ZLIB true
#else
#define HAVE_ZLIB false
#endif

static const format formats[] = {
    {"JPEG", "libjpeg", JPEG, 0, "\xff\xd8\xff", 3},
    {"PNG", "libpng", PNG, 0, "\x89PNG\r\n\x1a\n", 8},
    {"WebP", "libwebp", WEBP, 8, "WEBP", 4},
    {"TIFF", "libtiff", TIFF, 0, "II*\0", 4},
    {"TIFF", "libtiff", TIFF, 0, "MM\0*", 4},
    {"JPEG 2000", "libopenjp2", JPEG2000, 0, "\0\0\0\x0cjP  \r\n\x87\n", 12},
    {"JPEG 2000", "libopenjp2", JPEG2000, 0, "\xff\x4f\xff\x51", 4},
    {"BMP", "", lwi_decode_bmp, 0, "BM", 2},
    {"PNM", "", lwi_decode_pnm, 0, "P1", 2},
    {"PNM", "", lwi_decode_pnm, 0, "P2", 2},
    {"PNM", "", lwi_decode_pnm, 0, "P3", 2},
    {"PNM", "", lwi_decode_pnm, 0, "P4", 2},
    {"PNM", "", lwi_decode_pnm, 0, "P5", 2},
    {"PNM", "", lwi_decode_pnm, 0, "P6", 2},
};
enum { FORMATS = sizeof formats / sizeof *formats };

lw_status lw_media_part(size_t index, lw_media_part_info *info) {
    static const lw_media_part_info more[] = {
        {0, "WAV", "", true},
        {0, "FLAC, OGG and other sound", "libsndfile", HAVE_SNDFILE},
        {0, "npy", "", true},
        {0, "compressed npz", "zlib", HAVE_ZLIB},
    };
    size_t seen = 0;
    for (size_t i = 0; i < FORMATS; i++) {
        if (i && !strcmp(formats[i].name, formats[i - 1].name)) continue;
        if (seen++ != index) continue;
        info->format = formats[i].name;
        info->library = formats[i].library;
        info->available = formats[i].decode != NULL;
        return LW_OK;
    }
    if (index - seen >= sizeof more / sizeof *more)
        return lwi_media_fail(LW_RANGE, "there is no part %zu", index);
    info->format = more[index - seen].format;
    info->library = more[index - seen].library;
    info->available = more[index - seen].available;
    return LW_OK;
}

static lw_status decode(lwi_bytes file, uint64_t max_pixels, lw_value **pixels) {
    for (size_t i = 0; i < FORMATS; i++) {
        const format *f = &formats[i];
        if (!lwi_starts(file, f->at, f->magic, f->n)) continue;
        if (!f->decode)
            return lwi_media_fail(LW_UNSUPPORTED, "this build cannot read %s: it lacks %s", f->name,
                                  f->library);
        return f->decode(file, max_pixels, pixels);
    }
    return lwi_media_fail(LW_UNSUPPORTED, "not a picture of a known format (JPEG, PNG, WebP, TIFF, "
                                          "JPEG 2000, BMP, PNM)");
}

/* Grey as ITU-R BT.601 has it, in 16-bit fixed point with rounding. */
static uint8_t grey(const uint8_t *p) {
    return (uint8_t)((p[0] * 19595u + p[1] * 38470u + p[2] * 7471u + 0x8000u) >> 16);
}

static lw_status to_channels(int64_t channels, lw_value **pixels) {
    const int64_t *dims = lw_tensor_dims(*pixels);
    if (dims[2] == channels) return LW_OK;
    lw_value *changed;
    const lw_status status =
        lwi_picture_new((uint64_t)dims[0], (uint64_t)dims[1], (int)channels, UINT64_MAX, &changed);
    if (status) return status;
    const size_t n = lw_tensor_count(*pixels) / (size_t)dims[2];
    const uint8_t *from = lw_tensor_data(*pixels);
    uint8_t *to = lw_tensor_data(changed);
    for (size_t i = 0; i < n; i++) {
        if (channels == 1) to[i] = grey(from + 3 * i);
        else memset(to + 3 * i, from[i], 3);
    }
    lw_value_free(*pixels);
    *pixels = changed;
    return LW_OK;
}

lw_status lw_media_image_load_memory(const void *data, size_t size,
                                     const lw_media_image_options *options, lw_value **pixels) {
    lw_media_image_options o = {0};
    if (options) memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    if (o.channels != 0 && o.channels != 1 && o.channels != 3)
        return lwi_media_fail(LW_INVALID, "channels is 0, 1 or 3, not %d", o.channels);
    const lwi_bytes file = {data, size};
    lw_value *made = NULL;
    lw_status status = decode(file, o.max_pixels ? o.max_pixels : UINT64_C(1) << 28, &made);
    if (status) return status;
    if (!o.keep_rotation) status = lwi_picture_turn(lwi_exif_orientation(file), &made);
    if (!status && o.channels) status = to_channels(o.channels, &made);
    if (status) lw_value_free(made);
    else *pixels = made;
    return status;
}

lw_status lw_media_image_load(const char *path, const lw_media_image_options *options,
                              lw_value **pixels) {
    lwi_bytes file;
    lw_status status = lwi_media_read(path, &file);
    if (status) return status;
    status = lw_media_image_load_memory(file.data, file.size, options, pixels);
    free((void *)file.data);
    if (status) {
        char reason[400] = "";
        strncat(reason, lw_last_error(), sizeof reason - 1);
        lwi_media_fail(status, "%s: %s", path, reason);
    }
    return status;
}

lw_status lw_media_decode_image(const void *data, size_t size, const char *pixel_format,
                                lw_value **pixels) {
    const bool bgr = !strcmp(pixel_format, "BGR"), grayscale = !strcmp(pixel_format, "Grayscale");
    if (!bgr && !grayscale && strcmp(pixel_format, "RGB") != 0)
        return lwi_media_fail(LW_INVALID, "pixel_format is RGB, BGR or Grayscale, not '%s'",
                              pixel_format);
    const lw_media_image_options options = {
        .size = sizeof options, .channels = grayscale ? 1 : 3, .keep_rotation = true};
    const lw_status status = lw_media_image_load_memory(data, size, &options, pixels);
    if (status || !bgr) return status;
    uint8_t *p = lw_tensor_data(*pixels);
    for (size_t i = 0; i + 2 < lw_tensor_bytes(*pixels); i += 3) {
        const uint8_t red = p[i];
        p[i] = p[i + 2];
        p[i + 2] = red;
    }
    return LW_OK;
}

lw_status lw_media_image_grey(const lw_value *pixels, int channels, lw_value **grey_pixels) {
    int64_t h, w, given;
    lw_value *made = NULL;
    lw_status status = lwi_picture_check(pixels, &h, &w, &given);
    if (status) return status;
    if ((given != 1 && given != 3) || (channels != 1 && channels != 3))
        return lwi_media_fail(LW_INVALID, "%lld channels cannot become %d grey ones",
                              (long long)given, channels);
    status = lw_value_copy(pixels, &made);
    if (!status) status = to_channels(1, &made);
    if (!status) status = to_channels(channels, &made);
    if (status) lw_value_free(made);
    else *grey_pixels = made;
    return status;
}
