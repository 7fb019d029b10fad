/* SPDX-License-Identifier: MIT
 *
 * lampwick media: pictures, sound and array files as tensors, and back. An optional library beside
 * lampwick (liblampwick-media). Formats that need a library of the system may be missing:
 * lw_media_part names them. The rules of lampwick.h hold: lw_status, lw_last_error(), outputs
 * untouched by a failed call, every new value belongs to the caller. All functions are
 * thread-safe. Files are hostile until checked.
 *
 *   lw_value *pixels = NULL, *image = NULL;
 *   if (!lw_media_image_load("cat.jpg", NULL, &pixels) &&
 *       !lw_media_image_tensor(pixels, NULL, &image)) ...   image: float32[1,3,height,width] in
 * 0..1
 */
#ifndef LAMPWICK_MEDIA_H
#define LAMPWICK_MEDIA_H

#include <lampwick.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ parts */

typedef struct lw_media_part_info {
    size_t size;
    const char *format;  /* "JPEG" */
    const char *library; /* "libjpeg"; "" for lampwick's own code */
    bool available;
} lw_media_part_info;
/* Formats that this build can read or could read. LW_RANGE past the last. */
LW_API LW_MUST_CHECK lw_status lw_media_part(size_t index, lw_media_part_info *info);

/* --------------------------------------------------------------- pictures */

typedef struct lw_media_image_options {
    size_t size;
    uint64_t max_pixels; /* larger pictures give LW_LIMIT; 0: 2^28 */
    int channels;        /* 1: grey, 3: RGB, 0: as in the file */
    bool keep_rotation;  /* do not turn the picture as its EXIF orientation says */
} lw_media_image_options;

/* JPEG, PNG, WebP, TIFF, JPEG 2000, BMP and PNM, told apart by their first bytes. *pixels is a
 * uint8 tensor [height, width, channels]; transparency is dropped, palettes are resolved.
 * options may be NULL. Errors: LW_IO, LW_CORRUPT, LW_UNSUPPORTED, LW_LIMIT, LW_NO_MEMORY. */
LW_API LW_MUST_CHECK lw_status lw_media_image_load(const char *path,
                                                   const lw_media_image_options *options,
                                                   lw_value **pixels);
LW_API LW_MUST_CHECK lw_status lw_media_image_load_memory(const void *data, size_t size,
                                                          const lw_media_image_options *options,
                                                          lw_value **pixels);
/* An lw_image_decoder: what the operator ImageDecoder needs. EXIF orientation is not applied. */
LW_API LW_MUST_CHECK lw_status lw_media_decode_image(const void *data, size_t size,
                                                     const char *pixel_format, lw_value **pixels);

typedef enum lw_media_filter {
    LW_MEDIA_NEAREST = 0,
    LW_MEDIA_BILINEAR = 1,
    LW_MEDIA_BICUBIC = 2
} lw_media_filter;
/* uint8 [height, width, channels] to another size. Bilinear and bicubic are antialiased and equal
 * Pillow's Image.resize bit for bit. */
LW_API LW_MUST_CHECK lw_status lw_media_image_resize(const lw_value *pixels, int64_t height,
                                                     int64_t width, lw_media_filter filter,
                                                     lw_value **resized);
/* The part of the given size at (top, left), which must lie inside. */
LW_API LW_MUST_CHECK lw_status lw_media_image_crop(const lw_value *pixels, int64_t top,
                                                   int64_t left, int64_t height, int64_t width,
                                                   lw_value **part);

typedef struct lw_media_tensor_options {
    size_t size;
    bool nhwc;    /* [1, height, width, channels]; otherwise [1, channels, height, width] */
    bool bgr;     /* first and third channel change places */
    double scale; /* 0: 1/255 */
    double mean[4], std[4]; /* by channel of the result: (pixel * scale - mean) / std; std 0: 1 */
} lw_media_tensor_options;
/* uint8 pixels to a float32 tensor for a network. options may be NULL. */
LW_API LW_MUST_CHECK lw_status lw_media_image_tensor(const lw_value *pixels,
                                                     const lw_media_tensor_options *options,
                                                     lw_value **tensor);

/* ------------------------------------------------------------------ sound */

/* WAV (PCM of 8 to 32 bits, float) by lampwick itself, other files through libsndfile. *samples is
 * a float32 tensor [channels, frames] in -1..1, *rate in frames per second. */
LW_API LW_MUST_CHECK lw_status lw_media_audio_load(const char *path, lw_value **samples, int *rate);
/* The mean of all channels: [1, frames]. */
LW_API LW_MUST_CHECK lw_status lw_media_audio_mono(const lw_value *samples, lw_value **mono);
/* [channels, frames] at another rate: windowed sinc, ceil(frames * to / from) frames. */
LW_API LW_MUST_CHECK lw_status lw_media_audio_resample(const lw_value *samples, int from, int to,
                                                       lw_value **resampled);

/* ----------------------------------------------------------------- arrays */

/* numpy's .npy: numbers, bools, complex numbers and strings of either byte order and array order;
 * not objects. */
LW_API LW_MUST_CHECK lw_status lw_media_npy_load(const char *path, lw_value **tensor);
LW_API LW_MUST_CHECK lw_status lw_media_npy_load_memory(const void *data, size_t size,
                                                        lw_value **tensor);
/* Types that numpy does not have (bfloat16, float8, 4 bits) are saved as float32. Not strings. */
LW_API LW_MUST_CHECK lw_status lw_media_npy_save(const char *path, const lw_value *tensor);

/* numpy's .npz: a zip file of npy files. */
typedef struct lw_media_npz lw_media_npz;
LW_API LW_MUST_CHECK lw_status lw_media_npz_open(const char *path, lw_media_npz **npz);
LW_API void lw_media_npz_close(lw_media_npz *npz);
LW_API size_t lw_media_npz_count(const lw_media_npz *npz);
/* Without ".npy"; NULL: no such index. Owned by the npz. */
LW_API const char *lw_media_npz_name(const lw_media_npz *npz, size_t index);
LW_API LW_MUST_CHECK lw_status lw_media_npz_load(const lw_media_npz *npz, size_t index,
                                                 lw_value **tensor);

#ifdef __cplusplus
}
#endif
#endif
