/* SPDX-License-Identifier: MIT
 * Short-time spectra, as torchaudio.transforms.Spectrogram (2.11) defines them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fft.h"
#include "spectrum.h"

static const double pi = 3.14159265358979323846;

lw_status lwi_spectrum_options(const lw_media_spectrum_options *given,
                               lw_media_spectrum_options *o) {
    *o = (lw_media_spectrum_options){0};
    if (given) memcpy(o, given, given->size < sizeof *o ? given->size : sizeof *o);
    if (o->n_fft == 0) o->n_fft = 400;
    if (o->win_length == 0) o->win_length = o->n_fft;
    if (o->hop_length == 0) o->hop_length = o->win_length / 2;
    if (o->power == 0) o->power = 2;
    if (o->sample_rate == 0) o->sample_rate = 16000;
    if (o->n_mels == 0) o->n_mels = 128;
    if (o->f_max == 0) o->f_max = (double)(o->sample_rate / 2);
    if (o->n_fft < 1 || o->n_fft > LWI_MOST_FFT || o->win_length < 1 || o->win_length > o->n_fft ||
        o->hop_length < 1)
        return lwi_media_fail(LW_INVALID, "n_fft %d, win_length %d, hop_length %d", o->n_fft,
                              o->win_length, o->hop_length);
    if (!(o->power > 0) || o->sample_rate < 1 || o->n_mels < 1 || o->n_mels > LWI_MOST_MELS ||
        !(o->f_min >= 0 && o->f_min < o->f_max))
        return lwi_media_fail(LW_INVALID, "power %g, rate %d, %d mels from %g to %g Hz", o->power,
                              o->sample_rate, o->n_mels, o->f_min, o->f_max);
    return LW_OK;
}

typedef struct spectrum {
    lw_media_spectrum_options options;
    lwi_fft fft;
    double *memory; /* of all below */
    double *window; /* [n_fft] */
    double *frame;  /* n_fft complex numbers */
    double *work;   /* for the transform */
    double scale;
} spectrum;

static double window_at(lw_media_window window, double t) { /* t: 0 to 1 */
    const double one = cos(2 * pi * t), two = cos(4 * pi * t);
    switch (window) {
    case LW_MEDIA_HANN:
        return 0.5 - 0.5 * one;
    case LW_MEDIA_HAMMING_WINDOW:
        return 0.54 - 0.46 * one;
    case LW_MEDIA_BLACKMAN:
        return 0.42 - 0.5 * one + 0.08 * two;
    case LW_MEDIA_RECTANGULAR:
        break;
    }
    return 1;
}

static lw_status open_spectrum(spectrum *s) {
    const lw_media_spectrum_options *o = &s->options;
    const size_t n = (size_t)o->n_fft;
    lwi_fft_size(n, &s->fft);
    s->memory = calloc(s->fft.doubles + 3 * n + 2 * s->fft.m, sizeof *s->memory);
    if (!s->memory) return lwi_media_fail(LW_NO_MEMORY, "out of memory");
    lwi_fft_make(&s->fft, s->memory);
    s->window = s->memory + s->fft.doubles;
    s->frame = s->window + n;
    s->work = s->frame + 2 * n;
    double squares = 0;
    for (int i = 0; i < o->win_length; i++) {
        const double w = window_at(o->window, (double)i / o->win_length);
        s->window[(o->n_fft - o->win_length) / 2 + i] = w;
        squares += w * w;
    }
    s->scale = o->normalized ? 1 / sqrt(squares) : 1;
    return LW_OK;
}

/* The sample at a place that may lie beyond an end. */
static double sample(const float *x, int64_t n, int64_t at, lw_media_edge edge) {
    if (at >= 0 && at < n) return x[at];
    if (edge == LW_MEDIA_ZERO) return 0;
    if (edge == LW_MEDIA_REPLICATE) return x[at < 0 ? 0 : n - 1];
    return x[at < 0 ? -at : 2 * (n - 1) - at];
}

static void transform_frame(spectrum *s, const float *x, int64_t n, int64_t first) {
    for (int i = 0; i < s->options.n_fft; i++) {
        s->frame[2 * i] =
            s->window[i] != 0 ? s->window[i] * sample(x, n, first + i, s->options.edge) : 0;
        s->frame[2 * i + 1] = 0;
    }
    lwi_fft_transform(&s->fft, s->frame, s->work, false);
}

static void transform_channel(spectrum *s, const float *x, int64_t n, float *to, int64_t frames) {
    const lw_media_spectrum_options *o = &s->options;
    const int64_t before = o->not_centered ? 0 : o->n_fft / 2;
    for (int64_t t = 0; t < frames; t++) {
        transform_frame(s, x, n, t * o->hop_length - before);
        for (int k = 0; k <= o->n_fft / 2; k++) {
            const double re = s->frame[2 * k] * s->scale, im = s->frame[2 * k + 1] * s->scale;
            const double square = re * re + im * im;
            to[k * frames + t] = (float)(o->power == 2 ? square : pow(square, o->power / 2));
        }
    }
}

/* 0: the sound is too short. */
static int64_t count_frames(const lw_media_spectrum_options *o, int64_t n) {
    const int64_t all = n + (o->not_centered ? 0 : 2 * (int64_t)(o->n_fft / 2));
    const bool reflects = !o->not_centered && o->edge == LW_MEDIA_REFLECT;
    if (n < 1 || all < o->n_fft || (reflects && n <= o->n_fft / 2)) return 0;
    return (all - o->n_fft) / o->hop_length + 1;
}

lw_status lw_media_spectrogram(const lw_value *samples, const lw_media_spectrum_options *options,
                               lw_value **result) {
    spectrum s = {0};
    lw_value *made = NULL;
    lw_status status = lwi_sound_check(samples);
    if (!status) status = lwi_spectrum_options(options, &s.options);
    if (status) return status;
    const int64_t channels = lw_tensor_dims(samples)[0], n = lw_tensor_dims(samples)[1];
    const int64_t frames = count_frames(&s.options, n), bins = s.options.n_fft / 2 + 1;
    if (!frames)
        return lwi_media_fail(LW_SHAPE, "%lld samples are too few for frames of %d", (long long)n,
                              s.options.n_fft);
    status = open_spectrum(&s);
    const int64_t dims[3] = {channels, bins, frames};
    if (!status) status = lw_tensor_new(LW_FLOAT32, 3, dims, &made);
    for (int64_t c = 0; c < channels && !status; c++)
        transform_channel(&s, (const float *)lw_tensor_data(samples) + c * n, n,
                          (float *)lw_tensor_data(made) + c * bins * frames, frames);
    free(s.memory);
    if (!status) *result = made;
    return status;
}
