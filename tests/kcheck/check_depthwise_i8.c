/* SPDX-License-Identifier: MIT
 * Sizes: outputs of a run, runs, fours of taps. Weights and arrays are put in each level's order.
 */
#include <stdio.h>

#include "kcheck.h"

typedef struct filters {
    const int8_t *w;      /* [channels][taps] */
    const int32_t *start; /* [channels] */
    const float *scale;
    size_t channels, taps;
} filters;

static void compute(kc_case *c, const lwi_kernels *k, const filters *f, lwi_depthwise_i8_job j,
                    lwi_i8_output output, size_t stride) {
    const size_t block = k->depthwise_i8_block;
    const size_t period = (f->channels + block - 1) / block * block;
    int8_t *w = kc_bytes(c, period * f->taps);
    int32_t *start = kc_bytes(c, period * sizeof *start);
    float *scale = kc_floats(c, period);
    for (size_t p = 0; p < period; p++) {
        const size_t channel = p / block * block + lwi_depthwise_i8_channel(block, p % block);
        const bool there = channel < f->channels;
        start[p] = there ? f->start[channel] : 0;
        scale[p] = there ? f->scale[channel] : 0;
        for (size_t t = 0; t < f->taps; t++)
            w[(p / block * (f->taps / 4) + t / 4) * block * 4 + p % block * 4 + t % 4] =
                there ? f->w[channel * f->taps + t] : 0;
    }
    output.scale = scale;
    j.w = w;
    j.period = period;
    j.start = start;
    j.output = &output;
    if (stride) k->depthwise_3x3_i8(&j, stride);
    else k->depthwise_i8(&j);
}

static lwi_i8_output draw_output(kc_case *c) {
    lwi_i8_output o = {.store = LWI_I8_BYTES, .is_signed = kc_below(c, 2)};
    const int least = o.is_signed ? -128 : 0;
    o.zero = kc_below(c, 2) ? least + (int)kc_below(c, 256) : 0;
    o.low = (float)(least - o.zero + (kc_below(c, 3) ? 0 : 20));
    o.high = (float)(least + 255 - o.zero);
    return o;
}

/* Windows of columns of three inputs that lie x_run / stride apart, or taps one byte apart. */
static void draw_taps(kc_case *c, lwi_depthwise_i8_job *j, const uint8_t **taps, size_t stride) {
    const size_t reach = j->runs ? (j->runs - 1) * j->x_run + j->n : 0;
    if (!stride) {
        const uint8_t *x = kc_wide_bytes(c, reach + j->n_taps - 1);
        for (size_t t = 0; t < j->n_taps; t++)
            taps[t] = x + t;
        return;
    }
    const size_t step = j->x_run / stride;
    for (size_t r = 0; r < 3; r++) {
        const uint8_t *row = kc_wide_bytes(c, reach + 2 * step);
        for (size_t column = 0; column < 3; column++)
            taps[column * 4 + r] = row + column * step;
    }
    for (size_t column = 0; column < 3; column++)
        taps[column * 4 + 3] = taps[column * 4];
}

static void check(kc_case *c) {
    if (c->size[2] == 0) return;
    const size_t stride = c->size[2] == 3 ? kc_below(c, 3) : 0;
    const uint8_t *taps[4 * 8];
    lwi_depthwise_i8_job j = {.taps = taps,
                              .n_taps = 4 * c->size[2],
                              .n = c->size[0],
                              .runs = c->size[1],
                              .flip = kc_below(c, 2) ? 0x80808080u : 0};
    j.x_run = (stride ? stride : 1) * (j.n + kc_below(c, 3));
    j.y_run = j.n + kc_below(c, 3);
    draw_taps(c, &j, taps, stride);
    filters f = {.channels = j.n, .taps = j.n_taps};
    int8_t *w = (int8_t *)kc_wide_bytes(c, f.channels * f.taps);
    for (size_t i = 3; stride && i < f.channels * f.taps; i += 4)
        w[i] = 0;
    int32_t *start = kc_bytes(c, f.channels * sizeof *start);
    for (size_t i = 0; i < f.channels; i++)
        start[i] %= 1000;
    f.w = w;
    f.start = start;
    f.scale = kc_floats(c, f.channels);
    const lwi_i8_output output = draw_output(c);
    const size_t y = j.runs ? (j.runs - 1) * j.y_run + j.n : 0;
    uint8_t *got = kc_bytes(c, y), *want = kc_copy(c, got, y);
    j.y = want;
    compute(c, c->base, &f, j, output, stride);
    j.y = got;
    compute(c, c->kernels, &f, j, output, stride);
    kc_same_bytes(c, "y", got, want, y);
}

/* --------------------------------------------------------------------- bench */

typedef struct line {
    const lwi_kernels *kernels;
    lwi_depthwise_i8_job job;
    size_t stride; /* 0: not by column */
} line;

static void run(void *arg) {
    const line *l = arg;
    if (l->stride) l->kernels->depthwise_3x3_i8(&l->job, l->stride);
    else l->kernels->depthwise_i8(&l->job);
}

/* A line of `runs` outputs; side: of the window. */
static void bench_line(const kc_timing *t, size_t channels, size_t runs, size_t side,
                       size_t stride) {
    enum { ROOM = 1 << 18 };
    static float *memory;
    if (!memory) memory = kc_bench_floats(4 * ROOM);
    const uint8_t *taps[4 * 8], *x = (const uint8_t *)memory;
    const size_t n_taps = stride ? 12 : (side * side + 3) / 4 * 4, row = (runs + side) * channels;
    for (size_t i = 0; i < n_taps; i++)
        taps[i] = stride ? x + i % 4 % 3 * row + i / 4 * channels
                         : x + i % (side * side) / side * row + i % side * channels;
    const lwi_i8_output output = {.store = LWI_I8_BYTES, .scale = memory, .high = 255};
    line l = {t->kernels,
              {.taps = taps,
               .n_taps = n_taps,
               .x_run = channels * (stride ? stride : 1),
               .runs = runs,
               .n = channels,
               .w = (const int8_t *)(memory + ROOM),
               .period = channels,
               .start = (const int32_t *)(memory + 2 * ROOM),
               .y = (uint8_t *)(memory + 3 * ROOM),
               .y_run = channels,
               .output = &output},
              stride};
    char label[64];
    snprintf(label, sizeof label, "%zu channels, %zu outputs, %zu x %zu%s", channels, runs, side,
             side, stride ? ", by column" : "");
    kc_measure(t, label, KC_INT8, 2.0 * (double)(channels * runs * side * side), run, &l);
}

static void bench(const kc_timing *t) {
    bench_line(t, 64, 56, 3, 1);
    bench_line(t, 64, 56, 3, 0);
    bench_line(t, 256, 14, 5, 0);
    bench_line(t, 1024, 14, 5, 0);
}

const kc_check kc_depthwise_i8 = {"depthwise_i8", {20, 3, 3}, {200, 9, 7}, check, bench};
