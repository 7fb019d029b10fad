/* SPDX-License-Identifier: MIT
 * JPEG through libjpeg, whose errors come by longjmp. */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include "picture.h"

enum { MOST_SCANS = 500 }; /* of a progressive file: more would only cost time */

typedef struct reader {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf escape;
    char message[JMSG_LENGTH_MAX];
    uint64_t max_pixels;
    lw_value *pixels;
    lw_status status;
} reader;

static void on_error(j_common_ptr jpeg) {
    reader *r = jpeg->client_data;
    jpeg->err->format_message(jpeg, r->message);
    longjmp(r->escape, 1);
}

static void on_message(j_common_ptr jpeg, int level) {
    (void)jpeg;
    (void)level;
}

static void on_progress(j_common_ptr jpeg) {
    reader *r = jpeg->client_data;
    if (!jpeg->is_decompressor || r->jpeg.input_scan_number <= MOST_SCANS) return;
    snprintf(r->message, sizeof r->message, "more than %d scans", MOST_SCANS);
    longjmp(r->escape, 1);
}

/* Four inks to RGB; Adobe's files hold them inverted. */
static void from_inks(const uint8_t *inks, uint8_t *rgb, size_t n, bool inverted) {
    for (size_t i = 0; i < n; i++) {
        const uint32_t paper = inverted ? inks[4 * i + 3] : 255u - inks[4 * i + 3];
        for (size_t c = 0; c < 3; c++) {
            const uint32_t ink = inverted ? 255u - inks[4 * i + c] : inks[4 * i + c];
            const uint32_t t = ink * paper + 128;
            rgb[3 * i + c] = (uint8_t)(paper - ((t + (t >> 8)) >> 8));
        }
    }
}

static void read_rows(reader *r) {
    struct jpeg_decompress_struct *jpeg = &r->jpeg;
    const bool inks = jpeg->out_color_space == JCS_CMYK;
    const size_t width = jpeg->output_width;
    const size_t stride = width * (inks ? 3 : (size_t)jpeg->output_components);
    uint8_t *to = lw_tensor_data(r->pixels);
    JSAMPARRAY row =
        jpeg->mem->alloc_sarray((j_common_ptr)jpeg, JPOOL_IMAGE, (JDIMENSION)(width * 4), 1);
    while (jpeg->output_scanline < jpeg->output_height) {
        const size_t y = jpeg->output_scanline;
        jpeg_read_scanlines(jpeg, row, 1);
        if (inks) from_inks(row[0], to + y * stride, width, jpeg->saw_Adobe_marker);
        else memcpy(to + y * stride, row[0], stride);
    }
}

static void read_jpeg(reader *r, lwi_bytes file) {
    struct jpeg_decompress_struct *jpeg = &r->jpeg;
    if (setjmp(r->escape)) {
        r->status = lwi_media_fail(LW_CORRUPT, "malformed JPEG: %s", r->message);
        return;
    }
    jpeg_create_decompress(jpeg);
    jpeg->progress = &r->progress;
    jpeg_mem_src(jpeg, file.data, (unsigned long)file.size);
    jpeg_read_header(jpeg, TRUE);
    const J_COLOR_SPACE space = jpeg->jpeg_color_space;
    jpeg->out_color_space = space == JCS_GRAYSCALE                   ? JCS_GRAYSCALE
                            : space == JCS_CMYK || space == JCS_YCCK ? JCS_CMYK
                                                                     : JCS_RGB;
    r->status = lwi_picture_new(jpeg->image_height, jpeg->image_width,
                                space == JCS_GRAYSCALE ? 1 : 3, r->max_pixels, &r->pixels);
    if (r->status) return;
    jpeg_start_decompress(jpeg);
    read_rows(r);
    jpeg_finish_decompress(jpeg);
}

lw_status lwi_decode_jpeg(lwi_bytes file, uint64_t max_pixels, lw_value **pixels) {
    reader r = {.max_pixels = max_pixels};
    r.jpeg.err = jpeg_std_error(&r.errors);
    r.jpeg.client_data = &r;
    r.errors.error_exit = on_error;
    r.errors.emit_message = on_message;
    r.progress.progress_monitor = on_progress;
    read_jpeg(&r, file);
    jpeg_destroy_decompress(&r.jpeg);
    if (r.status) lw_value_free(r.pixels);
    else *pixels = r.pixels;
    return r.status;
}
