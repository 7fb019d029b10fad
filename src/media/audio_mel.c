/* SPDX-License-Identifier: MIT
 * What is made of spectra: mels, decibels, cepstra, as torchaudio.transforms (2.11) defines them.
 */
#include <math.h>
#include <stdlib.h>

#include "base/mel.h"
#include "spectrum.h"

static const double pi = 3.14159265358979323846;

/* --------------------------------------------------------------- mel filters */

typedef struct bank {
    int bins, mels;
    double *edges;   /* [mels + 2] Hz */
    double *weights; /* [mels][bins] */
} bank;

static void make_filter(const lw_media_spectrum_options *o, bank *b, int mel) {
    const double *edges = b->edges + mel;
    const double height = o->slaney_norm ? 2 / (edges[2] - edges[0]) : 1;
    for (int k = 0; k < b->bins; k++) {
        const double at = (double)(o->sample_rate / 2) * k / (b->bins > 1 ? b->bins - 1 : 1);
        b->weights[mel * b->bins + k] = height * lwi_mel_weight(at, edges);
    }
}

static lw_status make_bank(const lw_media_spectrum_options *o, bank *b) {
    const double low = lwi_mel_of_hertz(o->f_min, o->slaney_scale);
    const double high = lwi_mel_of_hertz(o->f_max, o->slaney_scale);
    *b = (bank){.bins = o->n_fft / 2 + 1, .mels = o->n_mels};
    b->edges = malloc((size_t)(b->mels + 2) * sizeof *b->edges);
    b->weights = malloc((size_t)b->mels * (size_t)b->bins * sizeof *b->weights);
    if (!b->edges || !b->weights) return lwi_media_fail(LW_NO_MEMORY, "out of memory");
    for (int i = 0; i < b->mels + 2; i++)
        b->edges[i] = lwi_hertz_of_mel(low + (high - low) * i / (b->mels + 1), o->slaney_scale);
    for (int mel = 0; mel < b->mels; mel++)
        make_filter(o, b, mel);
    return LW_OK;
}

static void free_bank(bank *b) {
    free(b->edges);
    free(b->weights);
}

/* ------------------------------------------------------ products with a matrix */

/* to[rows, n] = matrix[rows, inner] from[inner, n] */
static void multiply(const double *matrix, int64_t rows, int64_t inner, const float *from,
                     int64_t n, float *to) {
    for (int64_t r = 0; r < rows; r++)
        for (int64_t t = 0; t < n; t++) {
            double sum = 0;
            for (int64_t k = 0; k < inner; k++)
                sum += matrix[r * inner + k] * from[k * n + t];
            to[r * n + t] = (float)sum;
        }
}

/* x [channels, inner, n] becomes [channels, rows, n]. */
static lw_status apply_matrix(const double *matrix, int64_t rows, const lw_value *x, lw_value **y) {
    const int64_t *in = lw_tensor_dims(x), dims[3] = {in[0], rows, in[2]};
    const lw_status status = lw_tensor_new(LW_FLOAT32, 3, dims, y);
    if (status) return status;
    for (int64_t c = 0; c < in[0]; c++)
        multiply(matrix, rows, in[1], (const float *)lw_tensor_data(x) + c * in[1] * in[2], in[2],
                 (float *)lw_tensor_data(*y) + c * rows * in[2]);
    return LW_OK;
}

lw_status lw_media_mel_spectrogram(const lw_value *samples,
                                   const lw_media_spectrum_options *options, lw_value **mels) {
    lw_media_spectrum_options o;
    lw_value *spectrum = NULL, *made = NULL;
    bank b = {0};
    lw_status status = lwi_spectrum_options(options, &o);
    o.size = sizeof o;
    if (!status) status = lw_media_spectrogram(samples, &o, &spectrum);
    if (!status) status = make_bank(&o, &b);
    if (!status) status = apply_matrix(b.weights, o.n_mels, spectrum, &made);
    free_bank(&b);
    lw_value_free(spectrum);
    if (!status) *mels = made;
    return status;
}

/* ----------------------------------------------------------------- decibels */

lw_status lw_media_decibels(const lw_value *spectrum, bool magnitudes, double top_db,
                            lw_value **decibels) {
    lw_value *made;
    if (lw_tensor_dtype(spectrum) != LW_FLOAT32)
        return lwi_media_fail(LW_TYPE, "a spectrum is a float32 tensor");
    if (!(top_db >= 0)) return lwi_media_fail(LW_INVALID, "top_db is %g", top_db);
    const lw_status status = lw_value_copy(spectrum, &made);
    if (status) return status;
    float *x = lw_tensor_data(made), most = -INFINITY;
    const size_t n = lw_tensor_count(made);
    for (size_t i = 0; i < n; i++) {
        const double at_least = x[i] > 1e-10f ? (double)x[i] : 1e-10;
        x[i] = (float)((magnitudes ? 20 : 10) * log10(at_least));
        if (x[i] > most) most = x[i];
    }
    for (size_t i = 0; i < n && top_db > 0; i++)
        if (x[i] < most - (float)top_db) x[i] = most - (float)top_db;
    *decibels = made;
    return LW_OK;
}

/* ------------------------------------------------------------------- cepstra */

/* The orthonormal cosine transform of the second kind: [n_mfcc, n_mels]. */
static double *cosines(int n_mfcc, int n_mels) {
    double *m = malloc((size_t)n_mfcc * (size_t)n_mels * sizeof *m);
    for (int k = 0; m && k < n_mfcc; k++)
        for (int i = 0; i < n_mels; i++)
            m[k * n_mels + i] = cos(pi / n_mels * (i + 0.5) * k) * sqrt((k ? 2.0 : 1.0) / n_mels);
    return m;
}

lw_status lw_media_mfcc(const lw_value *samples, int n_mfcc,
                        const lw_media_spectrum_options *options, lw_value **coefficients) {
    lw_media_spectrum_options o;
    lw_value *mels = NULL, *loud = NULL, *made = NULL;
    lw_status status = lwi_spectrum_options(options, &o);
    if (status) return status;
    o.size = sizeof o;
    if (n_mfcc == 0) n_mfcc = 40;
    if (n_mfcc < 1 || n_mfcc > o.n_mels)
        return lwi_media_fail(LW_INVALID, "%d coefficients of %d mels", n_mfcc, o.n_mels);
    double *matrix = cosines(n_mfcc, o.n_mels);
    if (!matrix) return lwi_media_fail(LW_NO_MEMORY, "out of memory");
    status = lw_media_mel_spectrogram(samples, &o, &mels);
    if (!status) status = lw_media_decibels(mels, false, 80, &loud);
    if (!status) status = apply_matrix(matrix, n_mfcc, loud, &made);
    free(matrix);
    lw_value_free(mels);
    lw_value_free(loud);
    if (!status) *coefficients = made;
    return status;
}
