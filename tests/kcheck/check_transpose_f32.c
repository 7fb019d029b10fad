/* SPDX-License-Identifier: MIT
 * Sizes: rows, columns of the source. */
#include "kcheck.h"

static void check(kc_case *c) {
    const size_t rows = c->size[0], columns = c->size[1];
    const size_t x_row = columns + kc_below(c, 3), y_row = rows + kc_below(c, 3);
    const float *x = kc_floats(c, rows && columns ? (rows - 1) * x_row + columns : 0);
    const size_t size = rows && columns ? (columns - 1) * y_row + rows : 0;
    float *got = kc_floats(c, size), *want = kc_copy(c, got, size * sizeof *got);
    c->kernels->transpose_f32(x, x_row, got, y_row, rows, columns);
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < columns; i++)
            want[i * y_row + r] = x[r * x_row + i];
    kc_same_bytes(c, "y", got, want, size * sizeof *got);
}

typedef struct matrix {
    const lwi_kernels *kernels;
    float *x, *y;
    size_t rows, columns;
} matrix;

static void run(void *arg) {
    const matrix *m = arg;
    m->kernels->transpose_f32(m->x, m->columns, m->y, m->rows, m->rows, m->columns);
}

static void bench(const kc_timing *t) {
    enum { N = 250 };
    static matrix m;
    if (!m.x) m = (matrix){.x = kc_bench_floats(N * N), .y = kc_bench_floats(N * N)};
    m.kernels = t->kernels;
    m.rows = m.columns = N;
    kc_measure(t, "250 x 250", KC_BYTES, 2.0 * N * N * sizeof *m.x, run, &m);
    m.rows = 4, m.columns = 28;
    kc_measure(t, "4 x 28", KC_BYTES, 2.0 * 4 * 28 * sizeof *m.x, run, &m);
    m.rows = 3, m.columns = N * N / 3;
    kc_measure(t, "3 x 20833", KC_BYTES, 2.0 * N * N * sizeof *m.x, run, &m);
}

const kc_check kc_transpose_f32 = {"transpose_f32", {40, 40}, {300, 300}, check, bench};
