/* SPDX-License-Identifier: MIT
 * Sizes: rows, columns, segments, length. */
#include <math.h>

#include "gemm_runs.h"

static void check(kc_case *c) {
    lwi_gemm_f32_job j = {.rows = c->size[0],
                          .columns = c->size[1],
                          .segments = c->size[2],
                          .length = c->size[3],
                          .low = -INFINITY,
                          .high = INFINITY};
    const size_t k = j.segments * j.length;
    const size_t a_last = kc_gemm_runs(c, &j);
    j.a_row = a_last + kc_below(c, 5);
    j.a = kc_floats(c, j.rows ? (j.rows - 1) * j.a_row + a_last : 0);
    j.b_panel = k + kc_below(c, 3);
    j.b = kc_floats(c, j.columns ? (j.columns - 1) * j.b_panel + k : 0);
    if (kc_below(c, 2)) j.bias = kc_floats(c, j.columns);
    j.add = kc_below(c, 2);
    if (kc_below(c, 2)) j.low = 0;
    if (kc_below(c, 3) == 0) j.high = 0.5f;
    j.y_row = j.columns + kc_below(c, 4);
    if (kc_below(c, 3) == 0) j.scale = 0.25f;
    const size_t y = j.rows ? (j.rows - 1) * j.y_row + j.columns : 0;
    float *got = kc_floats(c, y), *want = kc_copy(c, got, y * sizeof *got);
    j.y = want;
    c->base->dot_f32(&j);
    j.y = got;
    c->kernels->dot_f32(&j);
    kc_same_floats(c, "y", got, want, y, (float)(k + 2) * 1.2e-7f * sqrtf((float)k + 1));
}

static void run(void *arg) {
    const void *const *job = arg;
    ((const lwi_kernels *)job[0])->dot_f32(job[1]);
}

static void bench(const kc_timing *t) {
    enum { ROWS = 200, LENGTH = 288 };
    static float *a;
    if (!a) a = kc_bench_floats(1 << 20);
    static const int64_t offsets[3] = {0, 8192, 16384};
    const lwi_gemm_f32_job j = {.rows = ROWS,
                                .columns = 3,
                                .segments = 3,
                                .length = LENGTH,
                                .offsets = offsets,
                                .a = a,
                                .a_row = 32,
                                .b = a + (1 << 18),
                                .b_panel = 3 * LENGTH,
                                .y = a + (1 << 19),
                                .y_row = 3,
                                .low = -INFINITY,
                                .high = INFINITY};
    const void *arg[] = {t->kernels, &j};
    kc_measure(t, "200 x 3 x 864", KC_F32, 2.0 * ROWS * 3 * 3 * LENGTH, run, arg);
}

const kc_check kc_dot_f32 = {"dot_f32", {5, 5, 3, 17}, {40, 12, 9, 300}, check, bench};
