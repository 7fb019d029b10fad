/* SPDX-License-Identifier: MIT
 * TIFF through libtiff (4.5 or newer, whose messages can be kept quiet for one file). */
#include <stdlib.h>
#include <string.h>

#include <tiffio.h>

#include "picture.h"

typedef struct source {
    lwi_bytes file;
    uint64_t at;
} source;

static tmsize_t give(thandle_t handle, void *to, tmsize_t n) {
    source *s = handle;
    if (s->at >= s->file.size || n <= 0) return 0;
    const size_t left = s->file.size - (size_t)s->at;
    const size_t taken = (size_t)n < left ? (size_t)n : left;
    memcpy(to, s->file.data + s->at, taken);
    s->at += taken;
    return (tmsize_t)taken;
}

static tmsize_t refuse(thandle_t handle, void *data, tmsize_t n) {
    (void)handle;
    (void)data;
    (void)n;
    return 0;
}

static toff_t seek_to(thandle_t handle, toff_t offset, int from) {
    source *s = handle;
    if (from == SEEK_CUR) offset += s->at;
    if (from == SEEK_END) offset += s->file.size;
    return s->at = offset;
}

static int do_close(thandle_t handle) {
    (void)handle;
    return 0;
}

static toff_t size_of(thandle_t handle) { return ((source *)handle)->file.size; }

static int be_quiet(TIFF *tiff, void *user, const char *module, const char *format,
                    va_list values) {
    (void)tiff;
    (void)user;
    (void)module;
    (void)format;
    (void)values;
    return 1;
}

static lw_status read_tiff(TIFF *tiff, uint64_t max_pixels, lw_value **pixels) {
    uint32_t width = 0, height = 0;
    TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width);
    TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height);
    lw_status status = lwi_picture_new(height, width, 3, max_pixels, pixels);
    if (status) return status;
    const size_t n = (size_t)width * height;
    uint32_t *raster = malloc(n * sizeof *raster);
    if (!raster) return lwi_media_fail(LW_NO_MEMORY, "out of memory");
    if (TIFFReadRGBAImageOriented(tiff, width, height, raster, ORIENTATION_TOPLEFT, 1)) {
        uint8_t *to = lw_tensor_data(*pixels);
        for (size_t i = 0; i < n; i++) {
            to[3 * i] = (uint8_t)TIFFGetR(raster[i]);
            to[3 * i + 1] = (uint8_t)TIFFGetG(raster[i]);
            to[3 * i + 2] = (uint8_t)TIFFGetB(raster[i]);
        }
    } else {
        status = lwi_media_fail(LW_CORRUPT, "malformed TIFF, or of a kind that is not supported");
    }
    free(raster);
    return status;
}

lw_status lwi_decode_tiff(lwi_bytes file, uint64_t max_pixels, lw_value **pixels) {
    source s = {file, 0};
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (!options) return lwi_media_fail(LW_NO_MEMORY, "out of memory");
    TIFFOpenOptionsSetErrorHandlerExtR(options, be_quiet, NULL);
    TIFFOpenOptionsSetWarningHandlerExtR(options, be_quiet, NULL);
    TIFF *tiff = TIFFClientOpenExt("picture", "rm", &s, give, refuse, seek_to, do_close, size_of,
                                   NULL, NULL, options);
    TIFFOpenOptionsFree(options);
    if (!tiff) return lwi_media_fail(LW_CORRUPT, "malformed TIFF");
    lw_value *made = NULL;
    const lw_status status = read_tiff(tiff, max_pixels, &made);
    TIFFClose(tiff);
    if (status) lw_value_free(made);
    else *pixels = made;
    return status;
}
