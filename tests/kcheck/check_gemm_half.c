/* SPDX-License-Identifier: MIT
 * Sizes: rows, columns, K. Both types; the sums are those of gemm_f32 with the widened panels. */
#include <math.h>

#include "kcheck.h"

/* Numbers of at most 2, in panels of a level; what fills the last one is not a number. */
static uint16_t *draw_panels(kc_case *c, size_t numbers) {
    uint16_t *b = kc_bytes(c, numbers * sizeof *b);
    for (size_t i = 0; i < numbers; i++)
        b[i] &= 0xbfff;
    return b;
}

static void check_with(kc_case *c, lwi_gemm_f32_fn *kernel, lwi_widen_f32_fn *widen) {
    const size_t k = c->size[2], width = c->kernels->gemm_f32_columns;
    lwi_gemm_f32_job j = {.rows = c->size[0],
                          .columns = c->size[1],
                          .segments = 1,
                          .length = k,
                          .a_row = k + kc_below(c, 3),
                          .b_panel = k * width,
                          .add = kc_below(c, 2),
                          .low = -INFINITY,
                          .high = INFINITY};
    const size_t numbers = (j.columns + width - 1) / width * width * k;
    const uint16_t *b = draw_panels(c, numbers);
    float *wide = kc_floats(c, numbers);
    widen(b, numbers, wide);
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
    kernel(&j);
    kc_same_floats(c, "y", got, want, y, 0);
}

static void check(kc_case *c) {
    check_with(c, c->kernels->gemm_half_f16, c->kernels->widen_f16);
    check_with(c, c->kernels->gemm_half_bf16, c->kernels->widen_bf16);
}

static void run(void *arg) {
    const void *const *job = arg;
    ((const lwi_kernels *)job[0])->gemm_half_f16(job[1]);
}

static void bench(const kc_timing *t) {
    enum { N = 1024, K = 512 };
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
                                .low = -INFINITY,
                                .high = INFINITY};
    const void *arg[] = {t->kernels, &j};
    kc_measure(t, "float16, 1 x 1024 x 512", KC_BYTES, 2.0 * N * K, run, arg);
}

const kc_check kc_gemm_half = {"gemm_half", {5, 70, 9}, {20, 200, 300}, check, bench};
