/* SPDX-License-Identifier: MIT
 * Sizes: channels, and for tiles at a border what of them is there. */
#include <math.h>

#include "kcheck.h"

static void check_in(kc_case *c, size_t m) {
    const size_t n = m + 2, channels = c->size[0];
    lwi_winograd_f32_in j = {.channels = channels};
    j.x_pixel = channels + kc_below(c, 3);
    j.x_row = n * j.x_pixel + kc_below(c, 3);
    j.top = (int)kc_below(c, 3);
    j.left = (int)kc_below(c, 3);
    j.bottom = (int)(n - kc_below(c, 2));
    j.right = (int)(n - kc_below(c, 2));
    j.v_point = channels + kc_below(c, 3);
    j.x = kc_floats(c, (n - 1) * (j.x_row + j.x_pixel) + channels);
    const size_t v = (n * n - 1) * j.v_point + channels;
    float *got = kc_floats(c, v), *want = kc_copy(c, got, v * sizeof *got);
    j.v = want;
    (m == 2 ? c->base->winograd_f32_in_2 : c->base->winograd_f32_in_4)(&j);
    j.v = got;
    (m == 2 ? c->kernels->winograd_f32_in_2 : c->kernels->winograd_f32_in_4)(&j);
    kc_same_floats(c, "v", got, want, v, 1e-5f);
}

static void check_out(kc_case *c, size_t m) {
    const size_t n = m + 2, channels = c->size[0];
    lwi_winograd_f32_out j = {.channels = channels, .low = -INFINITY, .high = INFINITY};
    j.m_point = channels + kc_below(c, 3);
    j.m = kc_floats(c, (n * n - 1) * j.m_point + channels);
    if (kc_below(c, 2)) j.bias = kc_floats(c, channels);
    if (kc_below(c, 2)) j.low = 0;
    j.y_pixel = channels + kc_below(c, 3);
    j.y_row = m * j.y_pixel + kc_below(c, 3);
    j.rows = 1 + (int)kc_below(c, m);
    j.columns = 1 + (int)kc_below(c, m);
    const size_t y =
        (size_t)(j.rows - 1) * j.y_row + (size_t)(j.columns - 1) * j.y_pixel + channels;
    float *got = kc_floats(c, y), *want = kc_copy(c, got, y * sizeof *got);
    j.y = want;
    const bool odd = (m == 2 ? c->base->winograd_f32_out_2 : c->base->winograd_f32_out_4)(&j);
    j.y = got;
    if ((m == 2 ? c->kernels->winograd_f32_out_2 : c->kernels->winograd_f32_out_4)(&j) == odd)
        kc_same_floats(c, "y", got, want, y, 2e-5f);
    else kc_same_bytes(c, "whether all is finite", "yes", "no", 3);
}

static void check_weights(kc_case *c, size_t m) {
    const size_t n = m + 2, width = c->kernels->gemm_f32_columns, channels = c->size[0] % 9;
    lwi_winograd_f32_weights j = {.channels = channels, .width = width, .row = (int)kc_below(c, n)};
    j.u_point = channels * width + kc_below(c, 3);
    j.w = kc_floats(c, channels * 9 * width);
    const size_t u = channels ? (n - 1) * j.u_point + channels * width : 0;
    float *got = kc_floats(c, u), *want = kc_copy(c, got, u * sizeof *got);
    j.u = want;
    (m == 2 ? c->base->winograd_f32_weights_2 : c->base->winograd_f32_weights_4)(&j);
    j.u = got;
    (m == 2 ? c->kernels->winograd_f32_weights_2 : c->kernels->winograd_f32_weights_4)(&j);
    kc_same_floats(c, "u", got, want, u, 1e-6f);
}

static void check(kc_case *c) {
    for (size_t m = 2; m <= 4; m += 2) {
        check_in(c, m);
        check_out(c, m);
        check_weights(c, m);
    }
}

static void run_in(void *arg) {
    const void *const *job = arg;
    ((const lwi_kernels *)job[0])->winograd_f32_in_4(job[1]);
}

static void run_out(void *arg) {
    const void *const *job = arg;
    ((const lwi_kernels *)job[0])->winograd_f32_out_4(job[1]);
}

static void run_weights(void *arg) {
    const void *const *job = arg;
    ((const lwi_kernels *)job[0])->winograd_f32_weights_4(job[1]);
}

static void bench(const kc_timing *t) {
    enum { CHANNELS = 128, POINT = 4096 };
    static float *x, *v;
    if (!x) x = kc_bench_floats(1 << 17), v = kc_bench_floats(36 * POINT);
    const lwi_winograd_f32_in in = {.x = x,
                                    .x_row = 56 * CHANNELS,
                                    .x_pixel = CHANNELS,
                                    .bottom = 6,
                                    .right = 6,
                                    .channels = CHANNELS,
                                    .v = v,
                                    .v_point = POINT};
    const lwi_winograd_f32_out out = {.m = v,
                                      .m_point = POINT,
                                      .channels = CHANNELS,
                                      .y = x,
                                      .y_row = 56 * CHANNELS,
                                      .y_pixel = CHANNELS,
                                      .rows = 4,
                                      .columns = 4,
                                      .low = -INFINITY,
                                      .high = INFINITY};
    const size_t width = t->kernels->gemm_f32_columns;
    const lwi_winograd_f32_weights weights = {.w = x,
                                              .channels = CHANNELS,
                                              .width = width,
                                              .row = 1,
                                              .u = v,
                                              .u_point = CHANNELS * width};
    const void *in_arg[] = {t->kernels, &in}, *out_arg[] = {t->kernels, &out};
    const void *weights_arg[] = {t->kernels, &weights};
    kc_measure(t, "4 x 4 in, 128 channels", KC_BYTES, 72.0 * CHANNELS * sizeof *x, run_in, in_arg);
    kc_measure(t, "4 x 4 out, 128 channels", KC_BYTES, 52.0 * CHANNELS * sizeof *x, run_out,
               out_arg);
    kc_measure(t, "6 of 36 points of weights, 128 channels", KC_BYTES,
               6.0 * CHANNELS * (double)width * sizeof *x, run_weights, weights_arg);
}

const kc_check kc_winograd_f32 = {"winograd_f32", {70}, {500}, check, bench};
