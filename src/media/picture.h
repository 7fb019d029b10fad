/* SPDX-License-Identifier: MIT
 * Decoders of pictures: each makes a uint8 tensor [height, width, 1 or 3] of a file's bytes. */
#ifndef LWI_PICTURE_H
#define LWI_PICTURE_H

#include "media_bytes.h"

/* The tensor of a picture; LW_LIMIT above max_pixels, LW_CORRUPT for an empty one. */
lw_status lwi_picture_new(uint64_t height, uint64_t width, int channels, uint64_t max_pixels,
                          lw_value **pixels);
/* Its sizes; LW_TYPE or LW_SHAPE if the value is no picture. */
lw_status lwi_picture_check(const lw_value *pixels, int64_t *height, int64_t *width,
                            int64_t *channels);

typedef lw_status (*lwi_picture_decoder)(lwi_bytes file, uint64_t max_pixels, lw_value **pixels);
lw_status lwi_decode_jpeg(lwi_bytes file, uint64_t max_pixels, lw_value **pixels);
lw_status lwi_decode_png(lwi_bytes file, uint64_t max_pixels, lw_value **pixels);
lw_status lwi_decode_webp(lwi_bytes file, uint64_t max_pixels, lw_value **pixels);
lw_status lwi_decode_tiff(lwi_bytes file, uint64_t max_pixels, lw_value **pixels);
lw_status lwi_decode_jpeg2000(lwi_bytes file, uint64_t max_pixels, lw_value **pixels);
lw_status lwi_decode_bmp(lwi_bytes file, uint64_t max_pixels, lw_value **pixels);
lw_status lwi_decode_pnm(lwi_bytes file, uint64_t max_pixels, lw_value **pixels);

/* EXIF orientation 1 to 8 of a JPEG, PNG or WebP file; 1 if there is none. */
int lwi_exif_orientation(lwi_bytes file);
/* Turns the picture so that it stands as the orientation says; replaces *pixels. */
lw_status lwi_picture_turn(int orientation, lw_value **pixels);

#endif
