/* SPDX-License-Identifier: MIT
 * lampwick.ChannelFactors: sums over columns, a stretch of pixels at a time, so that several
 * threads can share the work and the order of additions is always the same. */
#include "backend/cpu/cpu_backend.h"

#include "ops/channel_factors.h"

enum { STRETCH = 512 }; /* pixels */

typedef struct job {
    const lwi_channel_factors *f;
    lwi_reduce_columns_f32_fn *reduce;
    const float *x;     /* of one item */
    const float *means; /* NULL: the sums are wanted */
    double *parts;      /* [stretches, channels] */
} job;

static void sum_stretches(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    const size_t channels = j->f->channels;
    for (size_t s = begin; s < end; s++) {
        const size_t first = s * STRETCH, left = j->f->pixels - first;
        double *part = j->parts + s * channels;
        for (size_t c = 0; c < channels; c++)
            part[c] = 0;
        j->reduce(j->means ? LWI_FOLD_SUM_SQUARES : LWI_FOLD_SUM, j->x + first * channels,
                  left < STRETCH ? left : STRETCH, channels, channels, j->means, part);
    }
}

static void add_up(const lwi_call *c, job *j, double *sums) {
    const size_t channels = j->f->channels, stretches = (j->f->pixels + STRETCH - 1) / STRETCH;
    lwi_parallel(c, stretches, 1 + (1 << 14) / (STRETCH * channels), sum_stretches, j);
    for (size_t k = 0; k < channels; k++) {
        sums[k] = 0;
        for (size_t s = 0; s < stretches; s++)
            sums[k] += j->parts[s * channels + k];
    }
}

static lw_status run(lwi_call *c) {
    lwi_channel_factors f;
    job j = {.f = &f, .reduce = lwi_cpu_kernels()->reduce_columns_f32};
    double *sums = NULL;
    float *means = NULL;
    LW_TRY(lwi_channel_factors_read(c, &f));
    if (f.channels == 0 || f.batch == 0) return LW_OK;
    LW_TRY(lwi_scratch(c, 2 * f.channels, sizeof *sums, &sums));
    LW_TRY(lwi_scratch(c, f.channels, sizeof *means, &means));
    LW_TRY(
        lwi_scratch(c, (f.pixels + STRETCH - 1) / STRETCH * f.channels, sizeof *j.parts, &j.parts));
    for (size_t item = 0; item < f.batch; item++) {
        j.x = f.x + item * f.pixels * f.channels;
        j.means = NULL;
        add_up(c, &j, sums);
        for (size_t k = 0; k < f.channels; k++)
            means[k] = (float)(sums[k] / (double)f.pixels);
        j.means = means;
        add_up(c, &j, sums + f.channels);
        lwi_channel_factors_set(&f, item, sums, sums + f.channels);
    }
    return LW_OK;
}

static const lwi_kernel KERNEL = {.run = run};

const lwi_kernel *lwi_cpu_channel_factors_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_channel_factors_claim(const lwi_call *c) {
    return c->in[0]->dtype == LW_FLOAT32 ? &KERNEL : NULL;
}
