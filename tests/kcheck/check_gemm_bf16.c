/* SPDX-License-Identifier: MIT
 * Sizes: rows, columns, K. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "kcheck.h"

static size_t round_up(size_t n, size_t unit) { return (n + unit - 1) / unit * unit; }

static void check_narrow(kc_case *c) {
    const size_t n = c->size[2];
    const float *x = kc_floats(c, n);
    uint16_t *got = kc_bytes(c, n * sizeof *got), *want = kc_copy(c, got, n * sizeof *got);
    c->kernels->narrow_bf16(x, got, n);
    c->base->narrow_bf16(x, want, n);
    /* Processors read subnormal numbers as zero here. */
    for (size_t i = 0; i < n; i++)
        if ((want[i] & 0x7f80) == 0 && (got[i] & 0x7fff) == 0) want[i] = got[i];
    kc_same_bytes(c, "rounded", got, want, n * sizeof *got);
}

/* Processors take them for 0, so that times infinity they are NaN. */
static void drop_subnormal(float *x, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (fabsf(x[i]) < 0x1p-126f) x[i] = 0;
}

/* B packed for a level, each pair back in two rows of floats. */
static void check_pack(kc_case *c, const lwi_kernels *k, const float *b, float *panels) {
    const size_t n = c->size[1], depth = c->size[2], width = k->gemm_f32_columns;
    const size_t panel = (depth + 1) / 2 * width;
    const bool turned = kc_below(c, 2);
    float *other = kc_floats(c, n * depth);
    for (size_t i = 0; i < depth; i++)
        for (size_t j = 0; j < n; j++)
            other[turned ? j * depth + i : i * n + j] = b[i * n + j];
    k->pack_bf16(other, turned ? 1 : n, turned ? depth : 1, depth, n, panels, panel);
    for (size_t i = 0; i < 2 * ((depth + 1) / 2); i++)
        for (size_t j = 0; j < round_up(n, width); j++) {
            const float x = i < depth && j < n ? b[i * n + j] : 0;
            uint16_t want, got;
            memcpy(&got,
                   (const uint16_t *)(panels + j / width * panel + i / 2 * width + j % width) +
                       i % 2,
                   sizeof got);
            c->base->narrow_bf16(&x, &want, 1);
            kc_same_bytes(c, "packed", &got, &want, sizeof got);
        }
}

static void multiply(kc_case *c, const lwi_kernels *k, const float *b, lwi_gemm_f32_job j) {
    const size_t width = k->gemm_f32_columns, pairs = (c->size[2] + 1) / 2;
    float *panels = kc_floats(c, round_up(c->size[1], width) * pairs);
    check_pack(c, k, b, panels);
    j.b = panels;
    j.b_panel = pairs * width;
    k->gemm_bf16(&j);
}

static void check(kc_case *c) {
    const size_t rows = c->size[0], columns = c->size[1], k = c->size[2], pairs = (k + 1) / 2;
    check_narrow(c);
    lwi_gemm_f32_job j = {.rows = rows,
                          .columns = columns,
                          .segments = 1,
                          .length = pairs,
                          .low = -INFINITY,
                          .high = kc_below(c, 2) ? INFINITY : 0.5f};
    j.a_row = pairs + kc_below(c, 3);
    float *wide = kc_floats(c, 2 * rows * j.a_row), *b = kc_floats(c, k * columns);
    drop_subnormal(wide, 2 * rows * j.a_row);
    drop_subnormal(b, k * columns);
    float *a = kc_floats(c, rows * j.a_row);
    c->base->narrow_bf16(wide, (uint16_t *)a, 2 * rows * j.a_row);
    j.a = a;
    if (kc_below(c, 2)) j.bias = kc_floats(c, columns);
    j.add = kc_below(c, 2);
    j.y_row = columns + kc_below(c, 4);
    const size_t y = rows ? (rows - 1) * j.y_row + columns : 0;
    float *got = kc_floats(c, y), *want = kc_copy(c, got, y * sizeof *got);
    j.y = want;
    multiply(c, c->base, b, j);
    j.y = got;
    multiply(c, c->kernels, b, j);
    kc_same_floats(c, "y", got, want, y, (float)(k + 2) * 1.5e-7f * sqrtf((float)k + 1));
}

static void run(void *arg) {
    const void *const *job = arg;
    ((const lwi_kernels *)job[0])->gemm_bf16(job[1]);
}

static void bench(const kc_timing *t) {
    static const size_t SIZES[][3] = {{252, 256, 1024}, {14, 1024, 1024}, {1, 1024, 512}};
    static float *a, *b, *y;
    if (!a) {
        a = kc_bench_floats(1 << 20);
        b = kc_bench_floats(1 << 20);
        y = kc_bench_floats(1 << 20);
        for (size_t i = 0; i < 1 << 20; i++)
            a[i] = b[i] = 0;
    }
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
        const size_t m = SIZES[i][0], n = SIZES[i][1], k = SIZES[i][2];
        const lwi_gemm_f32_job j = {.a = a,
                                    .a_row = k / 2,
                                    .segments = 1,
                                    .length = k / 2,
                                    .b = b,
                                    .b_panel = t->kernels->gemm_f32_columns * k / 2,
                                    .y = y,
                                    .y_row = n,
                                    .rows = m,
                                    .columns = n,
                                    .low = -INFINITY,
                                    .high = INFINITY};
        const void *arg[] = {t->kernels, &j};
        char label[64];
        snprintf(label, sizeof label, "%zu x %zu x %zu", m, n, k);
        kc_measure(t, label, KC_BF16, 2.0 * (double)(m * n * k), run, arg);
    }
}

const kc_check kc_gemm_bf16 = {"gemm_bf16", {15, 35, 5}, {60, 100, 300}, check, bench};
