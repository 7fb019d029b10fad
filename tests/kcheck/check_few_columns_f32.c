/* SPDX-License-Identifier: MIT
 * Against gemm_f32 of the base level. Sizes: rows, columns, segments, length. */
#include <math.h>

#include "gemm_runs.h"

/* B in the panels of a level. */
static void set_b(kc_case *c, const lwi_kernels *k, const float *b, lwi_gemm_f32_job *j) {
    const size_t width = k->gemm_f32_columns, depth = j->segments * j->length;
    float *packed = kc_floats(c, (j->columns + width - 1) / width * width * depth);
    k->pack_f32(b, j->columns, 1, depth, j->columns, packed, width * depth);
    j->b = packed;
    j->b_panel = width * depth;
}

static void check(kc_case *c) {
    lwi_gemm_f32_job j = {.rows = c->size[0],
                          .columns = c->size[1] % (c->kernels->few_columns_f32_most + 1),
                          .segments = c->size[2],
                          .length = c->size[3],
                          .low = -INFINITY,
                          .high = INFINITY};
    const size_t k = j.segments * j.length;
    const size_t a_last = kc_gemm_runs(c, &j);
    j.a_row = kc_below(c, 2) ? a_last + kc_below(c, 5) : kc_below(c, a_last + 1);
    j.a = kc_floats(c, j.rows ? (j.rows - 1) * j.a_row + a_last : 0);
    const float *b = kc_floats(c, k * j.columns);
    if (kc_below(c, 2)) j.bias = kc_floats(c, j.columns);
    if (kc_below(c, 2)) j.low = 0;
    if (kc_below(c, 3) == 0) j.high = 0.5f;
    j.y_row = j.columns + (kc_below(c, 2) ? 0 : kc_below(c, 4));
    const size_t y = j.rows ? (j.rows - 1) * j.y_row + j.columns : 0;
    float *got = kc_floats(c, y), *want = kc_copy(c, got, y * sizeof *got);
    j.y = want;
    set_b(c, c->base, b, &j);
    c->base->gemm_f32(&j);
    j.y = got;
    set_b(c, c->kernels, b, &j);
    c->kernels->few_columns_f32(&j);
    kc_same_floats(c, "y", got, want, y, (float)(k + 2) * 1.2e-7f * sqrtf((float)k + 1));
}

static void run(void *arg) {
    const void *const *job = arg;
    ((const lwi_kernels *)job[0])->few_columns_f32(job[1]);
}

static void measure(const kc_timing *t, const char *name, lwi_gemm_f32_job j) {
    static float *a;
    if (!a) a = kc_bench_floats(1 << 20);
    static const int64_t offsets[5] = {0, 8192, 16384, 24576, 32768};
    j.offsets = offsets;
    j.a = a;
    j.b = a + (1 << 18);
    j.b_panel = j.segments * j.length * t->kernels->gemm_f32_columns;
    j.y = a + (1 << 19);
    j.y_row = j.columns;
    j.low = 0;
    j.high = INFINITY;
    const void *arg[] = {t->kernels, &j};
    kc_measure(t, name, KC_F32, 2.0 * (double)(j.rows * j.columns * j.segments * j.length), run,
               arg);
}

static void bench(const kc_timing *t) {
    const size_t most = t->kernels->few_columns_f32_most;
    lwi_gemm_f32_job j = {.rows = 160, .columns = most, .segments = 3, .length = 9, .a_row = 6};
    measure(t, "160 x a vector x 3 runs of 9", j);
    j = (lwi_gemm_f32_job){.rows = 160, .columns = most, .segments = 1, .length = 16, .a_row = 16};
    measure(t, "160 x a vector x 16", j);
    j = (lwi_gemm_f32_job){.rows = 28, .columns = most / 2, .segments = 5, .length = 5, .a_row = 1};
    measure(t, "28 x half a vector x 5 runs of 5", j);
}

const kc_check kc_few_columns_f32 = {
    "few_columns_f32", {30, 5, 2, 5}, {100, 16, 9, 60}, check, bench};
