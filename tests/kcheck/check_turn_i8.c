/* SPDX-License-Identifier: MIT
 * Sizes: rows, columns of the source. */
#include "kcheck.h"

static void check(kc_case *c) {
    const size_t rows = c->size[0], columns = c->size[1];
    const size_t x_row = columns + kc_below(c, 3), y_row = rows + kc_below(c, 3);
    const uint8_t *x = kc_bytes(c, rows && columns ? (rows - 1) * x_row + columns : 0);
    const size_t size = rows && columns ? (columns - 1) * y_row + rows : 0;
    uint8_t *got = kc_bytes(c, size), *want = kc_copy(c, got, size);
    c->kernels->turn_i8(x, x_row, rows, columns, got, y_row);
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < columns; i++)
            want[i * y_row + r] = x[r * x_row + i];
    kc_same_bytes(c, "y", got, want, size);
}

typedef struct matrix {
    const lwi_kernels *kernels;
    uint8_t *x, *y;
    size_t rows, columns;
} matrix;

static void run(void *arg) {
    const matrix *m = arg;
    m->kernels->turn_i8(m->x, m->columns, m->rows, m->columns, m->y, m->rows);
}

static void bench(const kc_timing *t) {
    enum { ROOM = 1 << 18 };
    static uint8_t *memory;
    if (!memory) memory = (uint8_t *)kc_bench_floats(ROOM / 2);
    matrix m = {t->kernels, memory, memory + ROOM, 3, 50176};
    kc_measure(t, "3 x 50176", KC_BYTES, 6.0 * 50176, run, &m);
    m.rows = 64, m.columns = 3136;
    kc_measure(t, "64 x 3136", KC_BYTES, 128.0 * 3136, run, &m);
}

const kc_check kc_turn_i8 = {"turn_i8", {40, 40}, {300, 300}, check, bench};
