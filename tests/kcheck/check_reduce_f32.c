/* SPDX-License-Identifier: MIT
 * Sizes: elements, or rows and columns. */
#include <math.h>
#include <stdio.h>

#include "kcheck.h"

static const char *const NAMES[LWI_FOLDS] = {"sum", "sum_abs", "sum_squares", "max", "min"};

static void check_rows(kc_case *c) {
    const size_t n = c->size[0];
    const float *x = kc_floats(c, n);
    for (int fold = 0; fold < LWI_FOLDS; fold++) {
        const float got = (float)c->kernels->reduce_f32((lwi_fold)fold, x, n, 0.25f);
        const float want = (float)c->base->reduce_f32((lwi_fold)fold, x, n, 0.25f);
        /* sums of magnitudes up to 1.6 each */
        kc_near_floats(c, NAMES[fold], &got, &want, 1, 1e-6f, 1e-6f * (float)(n + 1));
    }
}

static void check_columns(kc_case *c) {
    const size_t rows = c->size[0], columns = c->size[1], stride = columns + kc_below(c, 3);
    const float *x = kc_floats(c, rows * stride), *centre = kc_floats(c, columns);
    for (int fold = 0; fold < LWI_FOLDS; fold++) {
        double acc[2][512];
        float result[2][512];
        for (int k = 0; k < 2; k++) {
            const lwi_kernels *kernels = k ? c->base : c->kernels;
            for (size_t i = 0; i < columns; i++)
                acc[k][i] = 0.5;
            kernels->reduce_columns_f32((lwi_fold)fold, x, rows, stride, columns, centre, acc[k]);
            for (size_t i = 0; i < columns; i++)
                result[k][i] = (float)acc[k][i];
        }
        kc_near_floats(c, NAMES[fold], result[0], result[1], columns, 1e-6f,
                       1e-6f * (float)(rows + 1));
    }
}

static void check_normalize(kc_case *c) {
    const size_t n = c->size[0];
    if (n == 0) return;
    float *got = kc_floats(c, n), *want = kc_copy(c, got, n * sizeof *got);
    lwi_normalize_f32_job job = {.x = kc_floats(c, n),
                                 .scale = kc_below(c, 2) ? kc_floats(c, n) : NULL,
                                 .bias = kc_below(c, 2) ? kc_floats(c, n) : NULL,
                                 .y = got,
                                 .n = n,
                                 .centre = kc_below(c, 2),
                                 .epsilon = 1e-5};
    c->kernels->normalize_f32(&job);
    job.y = want;
    c->base->normalize_f32(&job);
    kc_near_floats(c, "normalize", got, want, n, 1e-5f, 1e-5f);
}

static void check_many(kc_case *c) {
    enum { MOST = 5 };
    const size_t n = c->size[0], rows = kc_below(c, MOST + 1);
    const float *x = kc_floats(c, n * rows);
    for (int fold = 0; fold < LWI_FOLDS; fold++) {
        double y[MOST];
        float got[MOST], want[MOST];
        c->kernels->reduce_rows_f32((lwi_fold)fold, x, rows, n, y);
        for (size_t r = 0; r < rows; r++) {
            got[r] = (float)y[r];
            want[r] = (float)c->kernels->reduce_f32((lwi_fold)fold, x + r * n, n, 0);
        }
        kc_same_floats(c, NAMES[fold], got, want, rows, 0);
    }
}

static void check_affine(kc_case *c) {
    const size_t n = c->size[0];
    const float *x = kc_floats(c, n);
    float *got = kc_floats(c, n), *want = kc_copy(c, got, n * sizeof *got);
    c->kernels->affine_f32(x, n, 0.3f, 0.7f, -0.2f, got);
    c->base->affine_f32(x, n, 0.3f, 0.7f, -0.2f, want);
    kc_near_floats(c, "affine", got, want, n, 1e-6f, 1e-6f);
}

static void check(kc_case *c) {
    check_rows(c);
    check_many(c);
    check_affine(c);
    check_columns(c);
    check_normalize(c);
}

enum { N = 4096 };
static float *x, *y;
static double sums[N];

static void run_fold(void *arg) {
    const kc_timing *t = arg;
    sums[0] = t->kernels->reduce_f32(LWI_FOLD_SUM, x, N, 0);
}

static void run_max(void *arg) {
    const kc_timing *t = arg;
    sums[0] = t->kernels->reduce_f32(LWI_FOLD_MAX, x, N, 0);
}

static void run_columns(void *arg) {
    const kc_timing *t = arg;
    t->kernels->reduce_columns_f32(LWI_FOLD_SUM, x, N / 64, 64, 64, NULL, sums);
}

static void run_normalize(void *arg) {
    const kc_timing *t = arg;
    lwi_normalize_f32_job job = {.x = x, .y = y, .n = 768, .centre = true, .epsilon = 1e-5};
    job.scale = job.bias = x;
    t->kernels->normalize_f32(&job);
}

static void bench(const kc_timing *t) {
    if (!x) x = kc_bench_floats(N), y = kc_bench_floats(N);
    const double bytes = N * sizeof *x;
    kc_measure(t, "sum of 4096", KC_BYTES, bytes, run_fold, (void *)(uintptr_t)t);
    kc_measure(t, "max of 4096", KC_BYTES, bytes, run_max, (void *)(uintptr_t)t);
    kc_measure(t, "sums of 64 rows of 64", KC_BYTES, bytes, run_columns, (void *)(uintptr_t)t);
    kc_measure(t, "layer norm of 768", KC_BYTES, 768 * 2 * sizeof *x, run_normalize,
               (void *)(uintptr_t)t);
}

const kc_check kc_reduce_f32 = {"reduce_f32", {40, 40}, {3000, 400}, check, bench};
