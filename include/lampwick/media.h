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
    LW_MEDIA_BICUBIC = 2,
    LW_MEDIA_BOX = 3,
    LW_MEDIA_HAMMING = 4,
    LW_MEDIA_LANCZOS = 5
} lw_media_filter;
/* uint8 [height, width, channels] to another size. All filters but nearest are antialiased; the
 * pixels equal those of Pillow's Image.resize bit for bit. */
LW_API LW_MUST_CHECK lw_status lw_media_image_resize(const lw_value *pixels, int64_t height,
                                                     int64_t width, lw_media_filter filter,
                                                     lw_value **resized);
/* The shorter side gets `side` pixels, the longer one int(side * longer / shorter), but at most
 * `most` (0: any), with the shorter one less then: torchvision's transforms.Resize(side,
 * max_size=most). */
LW_API LW_MUST_CHECK lw_status lw_media_image_resize_side(const lw_value *pixels, int64_t side,
                                                          int64_t most, lw_media_filter filter,
                                                          lw_value **resized);

typedef struct lw_media_letterbox {
    double scale;          /* of the picture in the frame */
    int64_t top, left;     /* where it lies there */
    int64_t height, width; /* and its size */
} lw_media_letterbox;
/* The whole picture in the middle of a frame of the given size, as large as it fits, with `fill`
 * around it (YOLO networks want 114). A point (x, y) of the frame is ((x - left) / scale, (y - top)
 * / scale) of the picture. where may be NULL. */
LW_API LW_MUST_CHECK lw_status lw_media_image_letterbox(const lw_value *pixels, int64_t height,
                                                        int64_t width, uint8_t fill,
                                                        lw_media_filter filter, lw_value **framed,
                                                        lw_media_letterbox *where);
/* Rows and columns of `fill` around the picture. */
LW_API LW_MUST_CHECK lw_status lw_media_image_pad(const lw_value *pixels, int64_t left, int64_t top,
                                                  int64_t right, int64_t bottom, uint8_t fill,
                                                  lw_value **padded);
/* The middle of the picture, with black around it where it is smaller: torchvision's
 * transforms.CenterCrop. */
LW_API LW_MUST_CHECK lw_status lw_media_image_center_crop(const lw_value *pixels, int64_t height,
                                                          int64_t width, lw_value **part);
/* Left and right change places, or top and bottom. */
LW_API LW_MUST_CHECK lw_status lw_media_image_flip(const lw_value *pixels, bool vertical,
                                                   lw_value **flipped);
/* Turned by so many quarters, against the clock (numpy.rot90). */
LW_API LW_MUST_CHECK lw_status lw_media_image_rotate(const lw_value *pixels, int quarters,
                                                     lw_value **rotated);
/* RGB to grey, by ITU-R 601 as Pillow's convert("L") does, in 1 or 3 equal channels; grey stays. */
LW_API LW_MUST_CHECK lw_status lw_media_image_grey(const lw_value *pixels, int channels,
                                                   lw_value **grey);
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

/* The same with a narrower or wider filter: `zeros` zero crossings of the sinc on each side, a pass
 * band of rolloff (0 to 1) of what the lower rate can have. 6 and 0.99 are the defaults of
 * torchaudio.functional.resample. */
LW_API LW_MUST_CHECK lw_status lw_media_audio_resample_sinc(const lw_value *samples, int from,
                                                            int to, int zeros, double rolloff,
                                                            lw_value **resampled);

typedef enum lw_media_window {
    LW_MEDIA_HANN = 0, /* periodic, as all here */
    LW_MEDIA_HAMMING_WINDOW = 1,
    LW_MEDIA_BLACKMAN = 2,
    LW_MEDIA_RECTANGULAR = 3
} lw_media_window;

typedef enum lw_media_edge {
    LW_MEDIA_REFLECT = 0, /* what lies beyond the sound is its mirror image, the end not twice */
    LW_MEDIA_ZERO = 1,
    LW_MEDIA_REPLICATE = 2
} lw_media_edge;

/* All zero: the defaults of torchaudio.transforms.Spectrogram and MelSpectrogram. */
typedef struct lw_media_spectrum_options {
    size_t size;
    int n_fft;      /* length of a frame's transform; 0: 400 */
    int win_length; /* of the window, in the middle of the frame; 0: n_fft */
    int hop_length; /* from frame to frame; 0: half of the window */
    lw_media_window window;
    double power;      /* of the magnitudes; 0: 2, powers */
    bool normalized;   /* divided by the root of the sum of the window's squares, before power */
    bool not_centered; /* frame t begins at t * hop_length; else its middle is there */
    lw_media_edge edge;
    int sample_rate;     /* 0: 16000 */
    int n_mels;          /* 0: 128 */
    double f_min, f_max; /* Hz; f_max 0: half of the rate */
    bool slaney_scale;   /* mels of Slaney's Auditory Toolbox, as librosa has them; else HTK's */
    bool slaney_norm;    /* filters of the area 1; else of the height 1 */
} lw_media_spectrum_options;
/* float32 [channels, frames] to float32 [channels, n_fft / 2 + 1, frames of the spectrum]. Within
 * 1e-5 of the largest value, what torchaudio gives. options may be NULL. */
LW_API LW_MUST_CHECK lw_status lw_media_spectrogram(const lw_value *samples,
                                                    const lw_media_spectrum_options *options,
                                                    lw_value **spectrum);
/* [channels, n_mels, frames]: powers through triangular filters on the mel scale. */
LW_API LW_MUST_CHECK lw_status lw_media_mel_spectrogram(const lw_value *samples,
                                                        const lw_media_spectrum_options *options,
                                                        lw_value **mels);
/* 10 log10 of powers (20 log10 of magnitudes), at least 1e-10, cut at top_db below the largest
 * (0: not cut): torchaudio.transforms.AmplitudeToDB. Any shape. */
LW_API LW_MUST_CHECK lw_status lw_media_decibels(const lw_value *spectrum, bool magnitudes,
                                                 double top_db, lw_value **decibels);
/* Mel-frequency cepstral coefficients [channels, n_mfcc, frames]: the orthonormal cosine transform
 * of mels in decibels, top_db 80; n_mfcc 0: 40. torchaudio.transforms.MFCC. */
LW_API LW_MUST_CHECK lw_status lw_media_mfcc(const lw_value *samples, int n_mfcc,
                                             const lw_media_spectrum_options *options,
                                             lw_value **coefficients);

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
