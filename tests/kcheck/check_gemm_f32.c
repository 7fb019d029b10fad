/* SPDX-License-Identifier: MIT
 * Sizes: rows, columns, K. Runs of A, in-place B, bias, additions and clamping are drawn. */
#include <math.h>
#include <stdio.h>

#include "gemm_runs.h"

/* A divisor of k at random: the length of A's runs. */
static size_t draw_length(kc_case *c, size_t k) {
    size_t length = k ? k : 1;
    while (kc_below(c, 2) && length > 1)
        for (size_t i = 2; i <= length; i++)
            if (length % i == 0) {
                length /= i;
                break;
            }
    return length;
}

/* The same B in the panels of a level. */
static void set_b(kc_case *c, const lwi_kernels *k, const float *b, size_t b_row, bool direct,
                  lwi_gemm_f32_job *j, size_t depth) {
    const size_t width = k->gemm_f32_columns, panels = (j->columns + width - 1) / width;
    j->b = b;
    j->b_panel = width;
    j->b_row = b_row;
    if (direct) return;
    float *packed = kc_floats(c, panels * width * depth);
    k->pack_f32(b, b_row, 1, depth, j->columns, packed, width * depth);
    j->b = packed;
    j->b_panel = width * depth;
    j->b_row = kc_below(c, 2) ? width : 0;
}

static void check(kc_case *c) {
    const size_t rows = c->size[0], columns = c->size[1], k = c->size[2];
    lwi_gemm_f32_job j = {.rows = rows, .columns = columns, .low = -INFINITY, .high = INFINITY};
    j.length = draw_length(c, k);
    j.segments = k / j.length;
    const size_t a_last = kc_gemm_runs(c, &j);
    j.a_row = kc_below(c, 4) ? a_last + kc_below(c, 5) : kc_below(c, a_last + 1);
    j.a = kc_floats(c, rows ? (rows - 1) * j.a_row + a_last : 0);
    const size_t b_row = columns + kc_below(c, 3);
    const float *b = kc_floats(c, k ? (k - 1) * b_row + columns : 0);
    if (kc_below(c, 2)) j.bias = kc_floats(c, columns);
    if (kc_below(c, 2)) {
        j.plus_row = kc_below(c, 4) ? columns + kc_below(c, 3) : 0;
        j.plus = kc_floats(c, rows ? (rows - 1) * j.plus_row + columns : 0);
    }
    j.add = kc_below(c, 2);
    if (kc_below(c, 2)) j.low = 0;
    if (kc_below(c, 3) == 0) j.high = 0.5f;
    if (kc_below(c, 3) == 0) j.scale = 0.25f;
    j.y_row = columns + kc_below(c, 4);
    const size_t y = rows ? (rows - 1) * j.y_row + columns : 0;
    float *got = kc_floats(c, y), *want = kc_copy(c, got, y * sizeof *got);
    const bool direct = kc_below(c, 2);
    j.y = want;
    set_b(c, c->base, b, b_row, direct, &j, k);
    c->base->gemm_f32(&j);
    j.y = got;
    set_b(c, c->kernels, b, b_row, direct, &j, k);
    c->kernels->gemm_f32(&j);
    kc_same_floats(c, "y", got, want, y, (float)(k + 2) * 1.2e-7f * sqrtf((float)k + 1));
}

static void run(void *arg) {
    const void *const *job = arg;
    ((const lwi_kernels *)job[0])->gemm_f32(job[1]);
}

static void bench(const kc_timing *t) {
    static const size_t SIZES[][3] = {{252, 256, 512}, {14, 1024, 512}, {9, 1024, 512},
                                      {7, 1024, 512},  {5, 1024, 512},  {3, 1024, 512},
                                      {1, 1024, 256},  {252, 16, 512},  {252, 40, 512},
                                      {196, 64, 64},   {4, 32, 16},     {1, 16, 16}};
    static float *a, *b, *y;
    if (!a)
        a = kc_bench_floats(1 << 20), b = kc_bench_floats(1 << 20), y = kc_bench_floats(1 << 20);
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
        const size_t m = SIZES[i][0], n = SIZES[i][1], k = SIZES[i][2];
        const size_t width = t->kernels->gemm_f32_columns;
        for (int direct = 0; direct < 2; direct++) {
            const lwi_gemm_f32_job j = {.a = a,
                                        .a_row = k,
                                        .segments = 1,
                                        .length = k,
                                        .b = b,
                                        .b_panel = direct ? width : width * k,
                                        .b_row = direct ? n : 0,
                                        .y = y,
                                        .y_row = n,
                                        .rows = m,
                                        .columns = n,
                                        .low = -INFINITY,
                                        .high = INFINITY};
            const void *arg[] = {t->kernels, &j};
            char label[64];
            snprintf(label, sizeof label, "%zu x %zu x %zu%s", m, n, k,
                     direct ? " B in place" : "");
            kc_measure(t, label, KC_F32, 2.0 * (double)(m * n * k), run, arg);
        }
    }
}

const kc_check kc_gemm_f32 = {"gemm_f32", {17, 35, 9}, {150, 200, 600}, check, bench};
