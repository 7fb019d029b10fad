/* SPDX-License-Identifier: MIT
 * Sizes: elements along the axis, columns. */
#include "kcheck.h"

static void check(kc_case *c) {
    const size_t n = c->size[0], columns = c->size[1], stride = columns + kc_below(c, 3);
    const bool logarithm = kc_below(c, 2);
    if (n == 0) return;
    float *x = kc_floats(c, n * stride), *got = kc_floats(c, n * stride);
    float *want = kc_copy(c, got, n * stride * sizeof *got);
    for (size_t i = 0; i < n * stride; i++)
        x[i] *= 20;
    if (columns) {
        c->kernels->softmax_columns_f32(x, got, n, stride, columns, logarithm);
        c->base->softmax_columns_f32(x, want, n, stride, columns, logarithm);
        kc_near_floats(c, "columns", got, want, n * stride, 1e-5f, 1e-6f);
        c->kernels->softmax_f32(x, got, n, logarithm);
        c->base->softmax_f32(x, want, n, logarithm);
        kc_near_floats(c, "row", got, want, n, 1e-5f, 1e-6f);
    }
}

enum { N = 4096 };
static float *x, *y;

static void run_row(void *arg) {
    const kc_timing *t = arg;
    t->kernels->softmax_f32(x, y, 128, false);
}

static void run_columns(void *arg) {
    const kc_timing *t = arg;
    t->kernels->softmax_columns_f32(x, y, 16, 256, 256, false);
}

static void bench(const kc_timing *t) {
    if (!x) x = kc_bench_floats(N), y = kc_bench_floats(N);
    kc_measure(t, "softmax of 128", KC_BYTES, 128 * 2 * sizeof *x, run_row, (void *)(uintptr_t)t);
    kc_measure(t, "softmax of 256 columns of 16", KC_BYTES, N * 2 * sizeof *x, run_columns,
               (void *)(uintptr_t)t);
}

const kc_check kc_softmax_f32 = {"softmax_f32", {40, 20}, {300, 256}, check, bench};
