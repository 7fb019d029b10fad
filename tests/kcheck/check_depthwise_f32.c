/* SPDX-License-Identifier: MIT
 * Sizes: outputs, elements of a kernel's row, rows of the kernel, channels. */
#include <math.h>

#include "kcheck.h"

enum { MOST_ROWS = 9 };

static void check(kc_case *c) {
    const float *x[MOST_ROWS], *w[MOST_ROWS];
    lwi_depthwise_f32_job j = {.x = x,
                               .w = w,
                               .rows = c->size[2],
                               .out = (ptrdiff_t)c->size[0],
                               .kernel = (ptrdiff_t)(c->size[1] ? c->size[1] : 1),
                               .channels = c->size[3],
                               .low = -INFINITY,
                               .high = INFINITY};
    if (kc_below(c, 4) == 0) j.rows = 3, j.kernel = 3; /* the usual one */
    j.stride = 1 + (ptrdiff_t)kc_below(c, 3);
    j.dilation = 1 + (ptrdiff_t)kc_below(c, 2);
    j.begin = (ptrdiff_t)kc_below(c, (size_t)j.kernel + 1);
    const ptrdiff_t seen = (j.out - 1) * j.stride + (j.kernel - 1) * j.dilation + 1 - j.begin;
    j.in = seen - (ptrdiff_t)kc_below(c, (size_t)j.kernel + 1);
    if (j.in < 0) j.in = 0;
    j.x_pixel = j.channels + kc_below(c, 3);
    j.y_pixel = j.channels + kc_below(c, 3);
    const bool two = kc_below(c, 2);
    for (size_t r = 0; r < j.rows + two; r++) {
        x[r] = kc_floats(c, j.in ? (size_t)(j.in - 1) * j.x_pixel + j.channels : 0);
        w[r] = kc_floats(c, (size_t)j.kernel * j.channels);
    }
    if (kc_below(c, 2)) j.bias = kc_floats(c, j.channels);
    if (kc_below(c, 2)) j.low = 0;
    if (kc_below(c, 3) == 0) j.high = 0.5f;
    const size_t y = j.out ? (size_t)(j.out - 1) * j.y_pixel + j.channels : 0;
    float *got = kc_floats(c, y), *want = kc_copy(c, got, y * sizeof *got);
    float *got_next = kc_floats(c, y), *want_next = kc_copy(c, got_next, y * sizeof *got);
    j.y = want;
    c->base->depthwise_f32(&j);
    if (two) {
        j.x = x + 1;
        j.y = want_next;
        c->base->depthwise_f32(&j);
        j.x = x;
        j.next = got_next;
    }
    j.y = got;
    c->kernels->depthwise_f32(&j);
    const float taps = (float)j.rows * (float)j.kernel + 2;
    kc_same_floats(c, "y", got, want, y, taps * 2e-7f * sqrtf(taps));
    kc_same_floats(c, "the row below", got_next, want_next, y, taps * 2e-7f * sqrtf(taps));
}

static void run(void *arg) {
    const void *const *job = arg;
    ((const lwi_kernels *)job[0])->depthwise_f32(job[1]);
}

static void bench(const kc_timing *t) {
    enum { OUT = 28, CHANNELS = 96 };
    static float *a;
    if (!a) a = kc_bench_floats(1 << 18);
    const float *x[5], *w[5];
    for (int r = 0; r < 5; r++) {
        x[r] = a + r * 8192;
        w[r] = a + 65536 + r * 1024;
    }
    for (int kernel = 3; kernel <= 5; kernel += 2) {
        const lwi_depthwise_f32_job j = {.x = x,
                                         .w = w,
                                         .rows = (size_t)kernel,
                                         .in = OUT,
                                         .out = OUT,
                                         .kernel = kernel,
                                         .stride = 1,
                                         .dilation = 1,
                                         .begin = kernel / 2,
                                         .channels = CHANNELS,
                                         .x_pixel = CHANNELS,
                                         .y_pixel = CHANNELS,
                                         .y = a + (1 << 17),
                                         .low = -INFINITY,
                                         .high = INFINITY};
        const void *arg[] = {t->kernels, &j};
        kc_measure(t, kernel == 3 ? "28 x 96, 3 x 3" : "28 x 96, 5 x 5", KC_F32,
                   2.0 * OUT * CHANNELS * kernel * kernel, run, arg);
        lwi_depthwise_f32_job two = j;
        two.next = two.y + OUT * CHANNELS;
        const void *both[] = {t->kernels, &two};
        if (kernel == 3)
            kc_measure(t, "2 rows of 28 x 96, 3 x 3", KC_F32,
                       4.0 * OUT * CHANNELS * kernel * kernel, run, both);
    }
}

const kc_check kc_depthwise_f32 = {
    "depthwise_f32", {5, 3, 2, 9}, {30, 7, MOST_ROWS - 1, 100}, check, bench};
