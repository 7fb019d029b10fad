/* SPDX-License-Identifier: MIT
 * lampwick.ChannelFactors: sums over columns, a stretch of pixels at a time, so that memory is read
 * once, several threads can share the work and the order of additions is always the same. */
#include "backend/cpu/cpu_backend.h"

#include "ops/channel_factors.h"

/* Floats of a stretch, which is read twice: they stay in the first-level cache. */
enum { STRETCH = 1 << 13 };

typedef struct job {
    const lwi_channel_factors *f;
    size_t stretch, stretches; /* pixels of a stretch; how many there are of one item */
    double *sums, *squares;    /* [stretches of all items, channels]: about the stretch's mean */
    float *means;              /* likewise */
} job;

static size_t pixels_of(const job *j, size_t stretch) {
    const size_t left = j->f->pixels - stretch * j->stretch;
    return left < j->stretch ? left : j->stretch;
}

static void sum_stretches(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    const size_t channels = j->f->channels;
    lwi_reduce_columns_f32_fn *reduce = lwi_cpu_kernels()->reduce_columns_f32;
    for (size_t i = begin; i < end; i++) {
        const size_t item = i / j->stretches, s = i % j->stretches, n = pixels_of(j, s);
        const float *x = j->f->x + (item * j->f->pixels + s * j->stretch) * channels;
        double *sums = j->sums + i * channels, *squares = j->squares + i * channels;
        float *means = j->means + i * channels;
        for (size_t c = 0; c < channels; c++)
            sums[c] = squares[c] = 0;
        reduce(LWI_FOLD_SUM, x, n, channels, channels, NULL, sums);
        for (size_t c = 0; c < channels; c++)
            means[c] = (float)(sums[c] / (double)n);
        reduce(LWI_FOLD_SUM_SQUARES, x, n, channels, channels, means, squares);
    }
}

/* The stretches of an item, one after the other: squares about their own means become squares about
 * the mean of all (Chan, Golub, LeVeque 1979). */
static void add_up(const job *j, size_t item, double *sums, double *squares) {
    const size_t channels = j->f->channels, first = item * j->stretches;
    for (size_t c = 0; c < channels; c++)
        sums[c] = squares[c] = 0;
    for (size_t s = 0; s < j->stretches; s++)
        for (size_t c = 0; c < channels; c++)
            sums[c] += j->sums[(first + s) * channels + c];
    for (size_t s = 0; s < j->stretches; s++) {
        const double n = (double)pixels_of(j, s);
        for (size_t c = 0; c < channels; c++) {
            const size_t at = (first + s) * channels + c;
            const double centre = (double)j->means[at], mean = j->sums[at] / n;
            const double all = sums[c] / (double)j->f->pixels;
            /* the squares about `centre`, which is the mean rounded, moved to the mean of all */
            squares[c] += j->squares[at] - n * (mean - centre) * (mean - centre) +
                          n * (mean - all) * (mean - all);
        }
    }
}

static lw_status run(lwi_call *c) {
    lwi_channel_factors f;
    job j = {.f = &f};
    double *sums = NULL;
    LW_TRY(lwi_channel_factors_read(c, &f));
    if (f.channels == 0 || f.batch == 0) return LW_OK;
    j.stretch = 1 + STRETCH / f.channels;
    j.stretches = (f.pixels + j.stretch - 1) / j.stretch;
    const size_t n = f.batch * j.stretches * f.channels;
    LW_TRY(lwi_scratch(c, 2 * f.channels, sizeof *sums, &sums));
    LW_TRY(lwi_scratch(c, n, sizeof *j.sums, &j.sums));
    LW_TRY(lwi_scratch(c, n, sizeof *j.squares, &j.squares));
    LW_TRY(lwi_scratch(c, n, sizeof *j.means, &j.means));
    lwi_parallel(c, f.batch * j.stretches, 2, sum_stretches, &j);
    for (size_t item = 0; item < f.batch; item++) {
        add_up(&j, item, sums, sums + f.channels);
        lwi_channel_factors_set(&f, item, sums, sums + f.channels);
    }
    return LW_OK;
}

static const lwi_kernel KERNEL = {.run = run};

const lwi_kernel *lwi_cpu_channel_factors_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_channel_factors_claim(const lwi_call *c) {
    return c->in[0]->dtype == LW_FLOAT32 ? &KERNEL : NULL;
}
