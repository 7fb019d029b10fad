/* SPDX-License-Identifier: MIT
 * Sizes: rows, columns, K. The sums are those of gemm_f32 with the widened panels. */
#include <math.h>

#include "kcheck.h"

static void check(kc_case *c) {
    const size_t k = c->size[2], width = c->kernels->gemm_f32_columns;
    lwi_gemm_f32_job j = {.rows = c->size[0],
                          .columns = c->size[1],
                          .segments = 1,
                          .length = k,
                          .a_row = k + kc_below(c, 3),
                          .b_panel = k * width,
                          .scale = 0.01f,
                          .add = kc_below(c, 2),
                          .low = -INFINITY,
                          .high = INFINITY};
    const size_t numbers = (j.columns + width - 1) / width * width * k;
    const int8_t *b = kc_bytes(c, numbers);
    float *wide = kc_floats(c, numbers);
    for (size_t i = 0; i < numbers; i++)
        wide[i] = b[i];
    j.a = kc_floats(c, j.rows ? (j.rows - 1) * j.a_row + k : 0);
    if (kc_below(c, 2)) j.bias = kc_floats(c, j.columns);
    j.y_row = j.columns + kc_below(c, 4);
    const size_t y = j.rows ? (j.rows - 1) * j.y_row + j.columns : 0;
    float *got = kc_floats(c, y), *want = kc_copy(c, got, y * sizeof *got);
    j.y = want;
    j.b = wide;
    c->kernels->gemm_f32(&j);
    j.y = got;
    j.b = (const void *)b;
    c->kernels->gemm_byte(&j);
    kc_same_floats(c, "y", got, want, y, 0);
}

static void run(void *arg) {
    const void *const *job = arg;
    ((const lwi_kernels *)job[0])->gemm_byte(job[1]);
}

static void bench(const kc_timing *t) {
    enum { N = 2048, K = 512 };
    static float *a;
    if (!a) a = kc_bench_floats(1 << 20);
    const lwi_gemm_f32_job j = {.a = a,
                                .a_row = K,
                                .segments = 1,
                                .length = K,
                                .b = a + (1 << 18),
                                .b_panel = K * t->kernels->gemm_f32_columns,
                                .y = a + (1 << 17),
                                .y_row = N,
                                .rows = 1,
                                .columns = N,
                                .scale = 0.01f,
                                .low = -INFINITY,
                                .high = INFINITY};
    const void *arg[] = {t->kernels, &j};
    kc_measure(t, "1 x 2048 x 512", KC_BYTES, 1.0 * N * K, run, arg);
}

const kc_check kc_gemm_byte = {"gemm_byte", {8, 70, 9}, {20, 200, 300}, check, bench};
