/* SPDX-License-Identifier: MIT
 * Sound: loading, mixing channels, changing the rate. Resampling: Smith, "Digital audio resampling
 * home page", band-limited interpolation with a sinc under a Hann window. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "wav.h"

lw_status lw_media_audio_load(const char *path, lw_value **samples, int *rate) {
    lwi_bytes file;
    lw_status status = lwi_media_read(path, &file);
    if (status) return status;
    const bool wav = lwi_is_wav(file);
    status = wav ? lwi_read_wav(file, samples, rate) : LW_UNSUPPORTED;
    free((void *)file.data);
    if (status != LW_UNSUPPORTED) return status;
#ifdef LWI_HAVE_SNDFILE
    return lwi_read_sndfile(path, samples, rate);
#else
    if (wav) return status;
    return lwi_media_fail(status, "%s: not a WAV file; this build lacks libsndfile for others",
                          path);
#endif
}

lw_status lwi_sound_check(const lw_value *samples) {
    if (lw_tensor_dtype(samples) == LW_FLOAT32 && lw_tensor_rank(samples) == 2) return LW_OK;
    return lwi_media_fail(LW_SHAPE, "a sound is a float32 tensor [channels, frames]");
}

lw_status lw_media_audio_mono(const lw_value *samples, lw_value **mono) {
    lw_status status = lwi_sound_check(samples);
    if (status) return status;
    const int64_t channels = lw_tensor_dims(samples)[0], frames = lw_tensor_dims(samples)[1];
    const int64_t dims[2] = {1, frames};
    lw_value *made;
    status = lw_tensor_new(LW_FLOAT32, 2, dims, &made);
    if (status) return status;
    const float *from = lw_tensor_data(samples);
    float *to = lw_tensor_data(made);
    for (int64_t i = 0; i < frames && channels; i++) {
        double sum = 0;
        for (int64_t c = 0; c < channels; c++)
            sum += from[c * frames + i];
        to[i] = (float)(sum / (double)channels);
    }
    *mono = made;
    return LW_OK;
}

static const double pi = 3.14159265358979323846;

/* Output i lies at input position i * down / up: `up` sets of weights, one for each fraction. */
typedef struct filter {
    int64_t up, down, half; /* weights at -half..half around the position */
    float *weights;         /* [up][2 * half + 1] */
} filter;

static int64_t divisor(int64_t a, int64_t b) {
    while (b) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static lw_status make_filter(int from, int to, int zeros, double rolloff, filter *f) {
    enum { MOST_WEIGHTS = 1 << 26 };
    const int64_t common = divisor(from, to);
    f->up = to / common;
    f->down = from / common;
    /* The lower of both rates sets the pass band, with a little room to roll off. */
    const double cutoff = rolloff * (to < from ? (double)to / from : 1);
    f->half = (int64_t)ceil(zeros / cutoff);
    const int64_t taps = 2 * f->half + 1;
    if (taps > MOST_WEIGHTS / f->up)
        return lwi_media_fail(LW_LIMIT, "resampling from %d to %d needs too large a filter", from,
                              to);
    f->weights = malloc((size_t)(f->up * taps) * sizeof *f->weights);
    if (!f->weights) return lwi_media_fail(LW_NO_MEMORY, "out of memory");
    for (int64_t p = 0; p < f->up; p++)
        for (int64_t k = 0; k < taps; k++) {
            const double t = ((double)(k - f->half) - (double)p / (double)f->up) * cutoff;
            const double sinc = t == 0 ? 1 : sin(pi * t) / (pi * t);
            const double window = fabs(t) < zeros ? 0.5 + 0.5 * cos(pi * t / zeros) : 0;
            f->weights[p * taps + k] = (float)(cutoff * sinc * window);
        }
    return LW_OK;
}

static void apply(const filter *f, const float *from, int64_t n, float *to, int64_t m) {
    const int64_t taps = 2 * f->half + 1;
    for (int64_t i = 0; i < m; i++) {
        const int64_t whole = i / f->up * f->down + i % f->up * f->down / f->up;
        const float *w = f->weights + i % f->up * f->down % f->up * taps;
        const int64_t first = whole - f->half;
        double sum = 0;
        for (int64_t k = first < 0 ? -first : 0; k < taps && first + k < n; k++)
            sum += (double)w[k] * from[first + k];
        to[i] = (float)sum;
    }
}

lw_status lw_media_audio_resample(const lw_value *samples, int from, int to, lw_value **resampled) {
    return lw_media_audio_resample_sinc(samples, from, to, 16, 0.97, resampled);
}

lw_status lw_media_audio_resample_sinc(const lw_value *samples, int from, int to, int zeros,
                                       double rolloff, lw_value **resampled) {
    lw_status status = lwi_sound_check(samples);
    if (status) return status;
    if (from < 1 || to < 1 || from > 10000000 || to > 10000000)
        return lwi_media_fail(LW_INVALID, "rates are 1 to 10000000, not %d and %d", from, to);
    if (zeros < 1 || zeros > 1000 || !(rolloff > 0.01 && rolloff <= 1))
        return lwi_media_fail(LW_INVALID, "a filter of %d zero crossings, rolloff %g", zeros,
                              rolloff);
    if (from == to) return lw_value_copy(samples, resampled);
    const int64_t channels = lw_tensor_dims(samples)[0], n = lw_tensor_dims(samples)[1];
    if (n > INT64_MAX / 10000001) return lwi_media_fail(LW_LIMIT, "the sound is too long");
    const int64_t dims[2] = {channels, (n * to + from - 1) / from};
    filter f = {0};
    lw_value *made = NULL;
    status = make_filter(from, to, zeros, rolloff, &f);
    if (!status) status = lw_tensor_new(LW_FLOAT32, 2, dims, &made);
    for (int64_t c = 0; c < channels && !status; c++)
        apply(&f, (const float *)lw_tensor_data(samples) + c * n, n,
              (float *)lw_tensor_data(made) + c * dims[1], dims[1]);
    free(f.weights);
    if (!status) *resampled = made;
    return status;
}
