/* SPDX-License-Identifier: MIT
 * PNG through libpng, whose errors come by longjmp. Gamma is not applied; of 16 bits the high 8
 * are kept; transparency is dropped. */
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "picture.h"

typedef struct reader {
    png_structp png;
    png_infop info;
    lwi_bytes file;
    size_t at;
    uint64_t max_pixels;
    png_bytep *rows;
    lw_value *pixels;
    char message[120];
    lw_status status;
} reader;

static void on_error(png_structp png, png_const_charp message) {
    reader *r = png_get_error_ptr(png);
    r->message[0] = 0;
    strncat(r->message, message, sizeof r->message - 1);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

static void give(png_structp png, png_bytep to, size_t n) {
    reader *r = png_get_io_ptr(png);
    if (n > r->file.size - r->at) png_error(png, "the file ends early");
    memcpy(to, r->file.data + r->at, n);
    r->at += n;
}

/* Everything becomes 8-bit grey or RGB. */
static int choose_form(png_structp png, png_infop info) {
    const int color = png_get_color_type(png, info);
    if (png_get_bit_depth(png, info) == 16) png_set_strip_16(png);
    if (color == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
    if (color == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(png);
    png_set_strip_alpha(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
    return color & PNG_COLOR_MASK_COLOR ? 3 : 1;
}

static void read_png(reader *r) {
    if (setjmp(png_jmpbuf(r->png))) {
        r->status = lwi_media_fail(LW_CORRUPT, "malformed PNG: %s", r->message);
        return;
    }
    png_set_read_fn(r->png, r, give);
    png_set_user_limits(r->png, 0x7fffffff, 0x7fffffff); /* max_pixels is the limit */
    png_read_info(r->png, r->info);
    const size_t height = png_get_image_height(r->png, r->info);
    const size_t width = png_get_image_width(r->png, r->info);
    if (height > r->max_pixels || width > r->max_pixels / height) {
        r->status = lwi_picture_new(height, width, 3, r->max_pixels, &r->pixels);
        return;
    }
    const int channels = choose_form(r->png, r->info);
    r->status = lwi_picture_new(height, width, channels, r->max_pixels, &r->pixels);
    if (r->status) return;
    const size_t stride = width * (size_t)channels;
    if (png_get_rowbytes(r->png, r->info) != stride) png_error(r->png, "unexpected row size");
    r->rows = malloc(height * sizeof *r->rows);
    if (!r->rows) {
        r->status = lwi_media_fail(LW_NO_MEMORY, "out of memory");
        return;
    }
    for (size_t y = 0; y < height; y++)
        r->rows[y] = (png_bytep)lw_tensor_data(r->pixels) + y * stride;
    png_read_image(r->png, r->rows);
}

lw_status lwi_decode_png(lwi_bytes file, uint64_t max_pixels, lw_value **pixels) {
    reader r = {.file = file, .max_pixels = max_pixels};
    r.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &r, on_error, on_warning);
    if (r.png) r.info = png_create_info_struct(r.png);
    if (r.info) read_png(&r);
    else r.status = lwi_media_fail(LW_NO_MEMORY, "out of memory");
    png_destroy_read_struct(&r.png, &r.info, NULL);
    free(r.rows);
    if (r.status) lw_value_free(r.pixels);
    else *pixels = r.pixels;
    return r.status;
}
