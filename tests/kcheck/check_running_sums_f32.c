/* SPDX-License-Identifier: MIT
 * Sizes: rows, columns. */
#include "kcheck.h"

static void check(kc_case *c) {
    const size_t rows = c->size[0], columns = c->size[1], stride = columns + kc_below(c, 3);
    const bool exclusive = kc_below(c, 2), reverse = kc_below(c, 2);
    const size_t size = rows && columns ? (rows - 1) * stride + columns : 0;
    const float *x = kc_floats(c, size);
    float *got = kc_floats(c, size), *want = kc_copy(c, got, size * sizeof *got);
    c->kernels->running_sums_f32(x, got, rows, stride, columns, exclusive, reverse);
    for (size_t i = 0; i < columns; i++) {
        double sum = 0;
        for (size_t r = 0; r < rows; r++) {
            const size_t at = (reverse ? rows - 1 - r : r) * stride + i;
            const double before = sum;
            sum += (double)x[at];
            want[at] = (float)(exclusive ? before : sum);
        }
    }
    kc_same_floats(c, "y", got, want, size, 0);
}

typedef struct matrix {
    const lwi_kernels *kernels;
    float *x, *y;
} matrix;

enum { ROWS = 64, N = 512 };

static void run(void *arg) {
    const matrix *m = arg;
    m->kernels->running_sums_f32(m->x, m->y, ROWS, N, N, false, false);
}

static void bench(const kc_timing *t) {
    static matrix m;
    if (!m.x) m = (matrix){.x = kc_bench_floats(ROWS * N), .y = kc_bench_floats(ROWS * N)};
    m.kernels = t->kernels;
    kc_measure(t, "64 x 512", KC_BYTES, 2.0 * ROWS * N * sizeof *m.x, run, &m);
}

const kc_check kc_running_sums_f32 = {"running_sums_f32", {12, 40}, {100, 600}, check, bench};
