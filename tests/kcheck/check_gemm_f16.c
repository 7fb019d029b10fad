/* SPDX-License-Identifier: MIT
 * Sizes: rows, columns, K. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "kcheck.h"

enum { WIDTH = LWI_F16_COLUMNS };

static size_t round_up(size_t n, size_t unit) { return (n + unit - 1) / unit * unit; }

/* Numbers of all sizes that float32 has, in one of four cases. */
static float *numbers(kc_case *c, size_t n) {
    float *x = kc_floats(c, n);
    const bool wide = kc_below(c, 4) == 0;
    for (size_t i = 0; i < n; i++)
        if (wide) x[i] = ldexpf(x[i], (int)kc_below(c, 60) - 30);
        else if (kc_below(c, 16) == 0) x[i] = 0;
    return x;
}

/* Rows of A for gemm_f16, by a level's kernels; exponents has one for each. */
static float *double_rows(kc_case *c, const lwi_kernels *k, const float *x, size_t rows, size_t n,
                          size_t y_row, float *exponents) {
    const size_t all = rows ? (rows - 1) * y_row + n : 0;
    float *y = kc_bytes(c, all * sizeof *y);
    memset(y, 0, all * sizeof *y);
    for (size_t r = 0; r < rows; r++) {
        exponents[r] = k->exponent_f16(x + r * n, n);
        k->double_f16(x + r * n, n, exponents[r], y + r * y_row);
    }
    return y;
}

static float *pack(kc_case *c, const lwi_kernels *k, const float *b, bool turned,
                   const float *factors) {
    const size_t n = c->size[1], depth = c->size[2], panel = lwi_f16_panel(depth);
    float *panels = kc_bytes(c, round_up(n, WIDTH) / WIDTH * panel * sizeof *panels);
    k->pack_f16(b, turned ? 1 : n, turned ? depth : 1, depth, n, factors, panels, panel);
    return panels;
}

/* The bound of gemm_f16.h against double, for a plain job. */
static void check_error(kc_case *c, const lwi_gemm_f32_job *j, const float *a, const float *b) {
    const size_t n = c->size[1], depth = c->size[2];
    for (size_t i = 0; i < j->rows * n; i++) {
        const size_t row = i / n, column = i % n;
        double sum = 0, all = 0, large[2] = {0};
        for (size_t k = 0; k < depth; k++) {
            const double x = a[row * depth + k], y = b[k * n + column];
            sum += x * y;
            all += fabs(x * y);
            large[0] = fmax(large[0], fabs(x));
            large[1] = fmax(large[1], fabs(y));
        }
        const float want = (float)sum, got = j->y[row * j->y_row + column];
        /* what is subnormal in float16 has no more than absolute precision */
        const double most = 27 * 0x1p-11 * all + (double)depth * 0x1p-27 * large[0] * large[1];
        kc_same_floats(c, "sum", &got, &want, 1, (float)(most * 1.001));
    }
}

static void check(kc_case *c) {
    const size_t rows = c->size[0], columns = c->size[1], k = c->size[2];
    const float *x = numbers(c, rows * k), *b = numbers(c, k * columns);
    const bool turned = kc_below(c, 2);
    float *other = kc_floats(c, k * columns);
    for (size_t i = 0; i < k * columns; i++)
        other[turned ? i % columns * k + i / columns : i] = b[i];
    float *exponents = kc_floats(c, rows), *expected = kc_floats(c, rows);
    lwi_gemm_f32_job j = {.rows = rows,
                          .columns = columns,
                          .segments = 1,
                          .length = k,
                          .a_row = k + kc_below(c, 3),
                          .a_exponent = 1,
                          .b_panel = lwi_f16_panel(k),
                          .low = -INFINITY,
                          .high = INFINITY};
    float *a = double_rows(c, c->base, x, rows, k, j.a_row, expected);
    const size_t all = rows ? (rows - 1) * j.a_row + k : 0;
    kc_same_bytes(c, "doubled", double_rows(c, c->kernels, x, rows, k, j.a_row, exponents), a,
                  all * sizeof *a);
    kc_same_bytes(c, "exponents", exponents, expected, rows * sizeof *exponents);
    const float *factors = kc_below(c, 2) ? kc_floats(c, columns) : NULL;
    float *panels = pack(c, c->base, other, turned, factors);
    kc_same_bytes(c, "packed", pack(c, c->kernels, other, turned, factors), panels,
                  round_up(columns, WIDTH) / WIDTH * j.b_panel * sizeof *panels);
    j.a = a;
    j.a_exponents = exponents;
    j.b = panels;
    j.b_exponents = panels + lwi_f16_rows(k);
    j.y_row = columns + kc_below(c, 4);
    const size_t y = rows ? (rows - 1) * j.y_row + columns : 0;
    float *got = kc_floats(c, y), *want = kc_copy(c, got, y * sizeof *got);
    if (!c->special && !factors) {
        j.y = got;
        c->kernels->gemm_f16(&j);
        check_error(c, &j, x, b);
        memcpy(got, want, y * sizeof *got);
    }
    if (kc_below(c, 2)) j.bias = kc_floats(c, columns);
    if (kc_below(c, 2)) j.scale = 0.5f;
    j.add = kc_below(c, 2);
    if (kc_below(c, 2)) {
        j.plus = kc_floats(c, rows * columns);
        j.plus_row = columns;
    }
    if (kc_below(c, 2)) j.high = 0.5f;
    j.y = want;
    c->base->gemm_f16(&j);
    j.y = got;
    c->kernels->gemm_f16(&j);
    kc_near_floats(c, "y", got, want, y, 1e-5f, 1e-5f);
}

static void run(void *arg) {
    const void *const *job = arg;
    ((const lwi_kernels *)job[0])->gemm_f16(job[1]);
}

static void bench(const kc_timing *t) {
    static const size_t SIZES[][3] = {
        {266, 256, 768}, {252, 256, 1024}, {14, 1024, 1024}, {1, 1024, 512}};
    static float *a, *b, *y;
    if (!t->kernels->has_f16) return;
    if (!a) {
        a = kc_bench_floats(1 << 20);
        b = kc_bench_floats(1 << 20);
        y = kc_bench_floats(1 << 20);
        memset(a, 0, sizeof *a << 20);
        memset(b, 0, sizeof *b << 20);
    }
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
        const size_t m = SIZES[i][0], n = SIZES[i][1], k = SIZES[i][2];
        const lwi_gemm_f32_job j = {.a = a,
                                    .a_row = k + 16,
                                    .a_exponents = y,
                                    .segments = 1,
                                    .length = k,
                                    .b = b,
                                    .b_panel = lwi_f16_panel(k),
                                    .b_exponents = b,
                                    .y = y,
                                    .y_row = n,
                                    .rows = m,
                                    .columns = n,
                                    .low = -INFINITY,
                                    .high = INFINITY};
        const void *arg[] = {t->kernels, &j};
        char label[64];
        snprintf(label, sizeof label, "%zu x %zu x %zu", m, n, k);
        kc_measure(t, label, KC_F16, 2.0 * (double)(m * n * k), run, arg);
    }
}

const kc_check kc_gemm_f16 = {"gemm_f16", {15, 35, 5}, {40, 130, 200}, check, bench};
