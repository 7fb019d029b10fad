/* SPDX-License-Identifier: MIT
 * The log-mel spectrum of Whisper (Radford et al. 2022, arXiv 2212.04356): powers of windowed
 * frames, triangular filters on Slaney's mel scale, logarithms. In float64, since quiet bands next
 * to loud ones would drown in the rounding of float32. */
#include <lampwick/speech.h>

#include "base/mel.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

enum {
    WINDOW = 400,
    HALF = WINDOW / 2,
    QUARTER = WINDOW / 4,
    HOP = 160,
    BINS = HALF + 1,
    MOST_BANDS = 200,
    MOST_SAMPLES = 1 << 30
};

static const double pi = 3.14159265358979323846;

typedef struct filter {
    size_t first, n;
    double weights[BINS];
} filter;

/* By sample, then by bins: the even ones, the odd ones. */
typedef double waves[QUARTER + 1][2][QUARTER + 1];

typedef struct tables {
    double window[WINDOW];
    waves cosines, sines;
    filter filters[MOST_BANDS];
} tables;

/* ------------------------------------------------------------------ filters */

/* Of the area 1. */
static void make_filter(int band, int bands, filter *f) {
    const double top = lwi_mel_of_hertz(LW_SPEECH_RATE / 2, true);
    double edges[3];
    for (int i = 0; i < 3; i++)
        edges[i] = lwi_hertz_of_mel(top * (band + i) / (bands + 1), true);
    for (size_t bin = 0; bin < BINS; bin++) {
        const double at = (double)bin * LW_SPEECH_RATE / WINDOW;
        const double weight = lwi_mel_weight(at, edges) * 2 / (edges[2] - edges[0]);
        if (!(weight > 0)) continue;
        if (f->n == 0) f->first = bin;
        f->weights[f->n++] = weight;
    }
}

static void make_tables(tables *t, int bands) {
    double cosines[WINDOW], sines[WINDOW];
    for (int i = 0; i < WINDOW; i++) {
        cosines[i] = cos(2 * pi * i / WINDOW);
        sines[i] = sin(2 * pi * i / WINDOW);
        t->window[i] = 0.5 - 0.5 * cosines[i];
    }
    for (int i = 0; i <= QUARTER; i++)
        for (int bin = 0; bin < BINS; bin++) {
            t->cosines[i][bin % 2][bin / 2] = cosines[i * bin % WINDOW];
            t->sines[i][bin % 2][bin / 2] = sines[i * bin % WINDOW];
        }
    for (int i = 0; i < bands; i++)
        make_filter(i, bands, t->filters + i);
}

/* ------------------------------------------------------------------- powers */

static double sample(const float *samples, size_t n, ptrdiff_t at) {
    const size_t i = (size_t)(at < 0 ? -at : at);
    return i < n ? samples[i] : 0;
}

/* The spectrum of a real frame is the sum of cosines over its even part and of sines over its odd
 * part. Each of these is even or odd around a quarter of the window again, so that a quarter of the
 * products is enough. */
typedef struct parts {
    double even[2][QUARTER + 1], odd[2][QUARTER + 1]; /* by bins that are even, odd */
} parts;

static void fold(const double *x, parts *p) {
    double even[HALF + 1], odd[HALF + 1];
    even[0] = x[0];
    even[HALF] = x[HALF];
    odd[0] = odd[HALF] = 0;
    for (int i = 1; i < HALF; i++) {
        even[i] = x[i] + x[WINDOW - i];
        odd[i] = x[i] - x[WINDOW - i];
    }
    for (int i = 0; i < QUARTER; i++) {
        p->even[0][i] = even[i] + even[HALF - i];
        p->even[1][i] = even[i] - even[HALF - i];
        p->odd[0][i] = odd[i] - odd[HALF - i];
        p->odd[1][i] = odd[i] + odd[HALF - i];
    }
    p->even[0][QUARTER] = even[QUARTER];
    p->odd[1][QUARTER] = odd[QUARTER];
    p->even[1][QUARTER] = p->odd[0][QUARTER] = 0;
}

static void powers(const tables *t, const double *x, double *power) {
    double real[2][QUARTER + 1] = {{0}}, imaginary[2][QUARTER + 1] = {{0}};
    parts p;
    fold(x, &p);
    for (int i = 0; i <= QUARTER; i++)
        for (int kind = 0; kind < 2; kind++)
            for (int bin = 0; bin <= QUARTER; bin++) {
                real[kind][bin] += p.even[kind][i] * t->cosines[i][kind][bin];
                imaginary[kind][bin] += p.odd[kind][i] * t->sines[i][kind][bin];
            }
    for (int bin = 0; bin < BINS; bin++) {
        const double re = real[bin % 2][bin / 2], im = imaginary[bin % 2][bin / 2];
        power[bin] = re * re + im * im;
    }
}

/* -------------------------------------------------------------------- frames */

static void make_frame(const tables *t, const float *samples, size_t n, size_t frame, int bands,
                       float *to, size_t frames) {
    double x[WINDOW], power[BINS];
    const ptrdiff_t begin = (ptrdiff_t)(frame * HOP) - HALF;
    for (int i = 0; i < WINDOW; i++)
        x[i] = sample(samples, n, begin + i) * t->window[i];
    powers(t, x, power);
    for (int band = 0; band < bands; band++) {
        const filter *f = t->filters + band;
        double sum = 0;
        for (size_t i = 0; i < f->n; i++)
            sum += f->weights[i] * power[f->first + i];
        to[(size_t)band * frames] = (float)log10(sum > 1e-10 ? sum : 1e-10);
    }
}

/* Cut 8 powers of ten below the loudest place; about -1..1. */
static void level(float *x, size_t n) {
    float most = -10;
    for (size_t i = 0; i < n; i++)
        if (x[i] > most) most = x[i];
    for (size_t i = 0; i < n; i++)
        x[i] = ((x[i] > most - 8 ? x[i] : most - 8) + 4) / 4;
}

lw_status lw_log_mel(const float *samples, size_t n, int bands, lw_value **features) {
    const size_t frames = n / HOP;
    const int64_t dims[2] = {bands, (int64_t)frames};
    tables *t = NULL;
    lw_value *made = NULL;
    if ((n && !samples) || !features)
        return lwi_fail(LW_INVALID, "lw_log_mel: samples or features is NULL");
    if (bands < 1 || bands > MOST_BANDS)
        return lwi_fail(LW_RANGE, "bands are 1 to %d, not %d", MOST_BANDS, bands);
    if (n > MOST_SAMPLES) return lwi_fail(LW_LIMIT, "more than %d samples", MOST_SAMPLES);
    for (size_t i = 0; i < n; i++)
        if (!isfinite(samples[i])) return lwi_fail(LW_INVALID, "sample %zu is no number", i);
    LW_TRY(lw_tensor_new(LW_FLOAT32, 2, dims, &made));
    const lw_status status = lwi_alloc_array(&lwi_malloc_allocator, 1, sizeof *t, &t);
    if (status != LW_OK) {
        lw_value_free(made);
        return status;
    }
    float *data = lw_tensor_data(made);
    make_tables(t, bands);
    for (size_t i = 0; i < frames; i++)
        make_frame(t, samples, n, i, bands, data + i, frames);
    level(data, lw_tensor_count(made));
    lwi_free(&lwi_malloc_allocator, t);
    *features = made;
    return LW_OK;
}
