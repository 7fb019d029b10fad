/* SPDX-License-Identifier: MIT
 * JPEG 2000 through OpenJPEG. */
#include <string.h>

#include <openjpeg.h>

#include "picture.h"

typedef struct source {
    lwi_bytes file;
    size_t at;
} source;

static OPJ_SIZE_T give(void *to, OPJ_SIZE_T n, void *user) {
    source *s = user;
    const size_t left = s->file.size - s->at, taken = n < left ? n : left;
    if (!taken) return (OPJ_SIZE_T)-1;
    memcpy(to, s->file.data + s->at, taken);
    s->at += taken;
    return taken;
}

static OPJ_OFF_T skip(OPJ_OFF_T n, void *user) {
    source *s = user;
    if (n < 0 || (uint64_t)n > s->file.size - s->at) return -1;
    s->at += (size_t)n;
    return n;
}

static OPJ_BOOL seek_to(OPJ_OFF_T at, void *user) {
    source *s = user;
    if (at < 0 || (uint64_t)at > s->file.size) return OPJ_FALSE;
    s->at = (size_t)at;
    return OPJ_TRUE;
}

/* A sample as 8 bits. */
static uint8_t sample(const opj_image_comp_t *c, uint32_t y, uint32_t x) {
    uint32_t row = y / c->dy, column = x / c->dx;
    if (row >= c->h) row = c->h - 1;
    if (column >= c->w) column = c->w - 1;
    int64_t v = c->data[(size_t)row * c->w + column];
    if (c->sgnd) v += INT64_C(1) << (c->prec - 1);
    if (c->prec > 8) v >>= c->prec - 8;
    if (c->prec < 8) v = v * 255 / ((1 << c->prec) - 1);
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

static uint8_t clamp(double v) { return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v + 0.5); }

/* sYCC: IEC 61966-2-1 amendment 1, the matrix of JPEG. */
static void from_ycc(uint8_t *p) {
    const double y = p[0], cb = p[1] - 128.0, cr = p[2] - 128.0;
    p[0] = clamp(y + 1.402 * cr);
    p[1] = clamp(y - 0.344136 * cb - 0.714136 * cr);
    p[2] = clamp(y + 1.772 * cb);
}

static lw_status to_pixels(const opj_image_t *image, lw_value *pixels) {
    const uint32_t height = (uint32_t)lw_tensor_dims(pixels)[0];
    const uint32_t width = (uint32_t)lw_tensor_dims(pixels)[1];
    const uint32_t channels = (uint32_t)lw_tensor_dims(pixels)[2];
    uint8_t *to = lw_tensor_data(pixels);
    for (uint32_t c = 0; c < channels; c++) {
        const opj_image_comp_t *comp = &image->comps[c];
        if (!comp->data || !comp->w || !comp->h || !comp->dx || !comp->dy || !comp->prec ||
            comp->prec > 31)
            return lwi_media_fail(LW_CORRUPT, "malformed JPEG 2000");
    }
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++, to += channels) {
            for (uint32_t c = 0; c < channels; c++)
                to[c] = sample(&image->comps[c], y, x);
            if (channels == 3 && image->color_space == OPJ_CLRSPC_SYCC) from_ycc(to);
        }
    return LW_OK;
}

static lw_status read_image(opj_codec_t *codec, opj_stream_t *stream, uint64_t max_pixels,
                            opj_image_t **image, lw_value **pixels) {
    opj_dparameters_t parameters;
    opj_set_default_decoder_parameters(&parameters);
    if (!opj_setup_decoder(codec, &parameters) || !opj_read_header(stream, codec, image) ||
        (*image)->x1 <= (*image)->x0 || (*image)->y1 <= (*image)->y0)
        return lwi_media_fail(LW_CORRUPT, "malformed JPEG 2000");
    const lw_status status =
        lwi_picture_new((*image)->y1 - (*image)->y0, (*image)->x1 - (*image)->x0,
                        (*image)->numcomps >= 3 ? 3 : 1, max_pixels, pixels);
    if (status) return status;
    if (!opj_decode(codec, stream, *image) || !opj_end_decompress(codec, stream))
        return lwi_media_fail(LW_CORRUPT, "malformed JPEG 2000");
    return to_pixels(*image, *pixels);
}

lw_status lwi_decode_jpeg2000(lwi_bytes file, uint64_t max_pixels, lw_value **pixels) {
    source s = {file, 0};
    opj_codec_t *codec =
        opj_create_decompress(file.data[0] == 0xff ? OPJ_CODEC_J2K : OPJ_CODEC_JP2);
    opj_stream_t *stream = opj_stream_default_create(OPJ_TRUE);
    opj_image_t *image = NULL;
    lw_value *made = NULL;
    lw_status status;
    if (codec && stream) {
        opj_stream_set_read_function(stream, give);
        opj_stream_set_skip_function(stream, skip);
        opj_stream_set_seek_function(stream, seek_to);
        opj_stream_set_user_data(stream, &s, NULL);
        opj_stream_set_user_data_length(stream, file.size);
        status = read_image(codec, stream, max_pixels, &image, &made);
    } else {
        status = lwi_media_fail(LW_NO_MEMORY, "out of memory");
    }
    opj_image_destroy(image);
    opj_stream_destroy(stream);
    opj_destroy_codec(codec);
    if (status) lw_value_free(made);
    else *pixels = made;
    return status;
}
