/* SPDX-License-Identifier: MIT
 * Sizes: rows, columns. */
#include "kcheck.h"

#include <math.h>

enum { ROWS = 28, COLUMNS = 256 };

static void check_softmax(kc_case *c) {
    const size_t rows = c->size[0], columns = c->size[1], row = columns + kc_below(c, 3);
    const size_t bytes = rows * sizeof(float);
    lwi_softmax_tile_f32_job j = {.s = kc_floats(c, rows * row),
                                  .row = row,
                                  .rows = rows,
                                  .columns = columns,
                                  .max = kc_floats(c, rows),
                                  .sum = kc_floats(c, rows),
                                  .factor = kc_floats(c, rows)};
    for (size_t i = 0; i < rows; i++)
        if (kc_below(c, 2)) j.max[i] = -INFINITY, j.sum[i] = 0;
    lwi_softmax_tile_f32_job want = j;
    want.s = kc_copy(c, j.s, rows * row * sizeof *j.s);
    want.max = kc_copy(c, j.max, bytes);
    want.sum = kc_copy(c, j.sum, bytes);
    want.factor = kc_copy(c, j.factor, bytes);
    c->kernels->softmax_tile_f32(&j);
    c->base->softmax_tile_f32(&want);
    kc_near_floats(c, "exponentials", j.s, want.s, rows * row, 1e-6f, 0);
    kc_near_floats(c, "maxima", j.max, want.max, rows, 0, 0);
    kc_near_floats(c, "sums", j.sum, want.sum, rows, 1e-5f, 0);
    kc_near_floats(c, "factors", j.factor, want.factor, rows, 1e-6f, 0);
}

static void check_rows(kc_case *c) {
    const size_t rows = c->size[0], columns = c->size[1], row = columns + kc_below(c, 3);
    const float *x = kc_floats(c, columns), *from = kc_floats(c, rows * row);
    float *got = kc_floats(c, rows), *want = kc_copy(c, got, rows * sizeof *got);
    c->kernels->dots_f32(x, from, row, rows, columns, got);
    c->base->dots_f32(x, from, row, rows, columns, want);
    kc_near_floats(c, "products", got, want, rows, 1e-5f, 1e-5f);
    lwi_scale_rows_f32_job j = {.x = from,
                                .x_row = row,
                                .y = kc_floats(c, rows * row),
                                .y_row = row,
                                .rows = rows,
                                .columns = columns,
                                .factor = kc_floats(c, rows + 1),
                                .step = kc_below(c, 2)};
    float *y = kc_copy(c, j.y, rows * row * sizeof *j.y), *scaled = j.y;
    c->kernels->scale_rows_f32(&j);
    j.y = y;
    c->base->scale_rows_f32(&j);
    kc_near_floats(c, "scaled rows", scaled, y, rows * row, 0, 0);
    const size_t step = kc_below(c, 2);
    c->kernels->add_row_f32(from, step, scaled, rows && columns ? columns : 0);
    c->base->add_row_f32(from, step, y, rows && columns ? columns : 0);
    kc_near_floats(c, "sum of rows", scaled, y, rows * row, 0, 0);
}

static void check(kc_case *c) {
    check_softmax(c);
    c->buffers = 0;
    check_rows(c);
}

static float *numbers, *old;

/* The tile's exponentials are its next scores. */
static void run_softmax(void *arg) {
    const lwi_kernels *k = arg;
    k->softmax_tile_f32(&(lwi_softmax_tile_f32_job){.s = numbers,
                                                    .row = COLUMNS,
                                                    .rows = ROWS,
                                                    .columns = COLUMNS,
                                                    .max = old,
                                                    .sum = old + ROWS,
                                                    .factor = old + 2 * ROWS});
}

static void run_dots(void *arg) {
    const lwi_kernels *k = arg;
    k->dots_f32(old, numbers, 64, ROWS * COLUMNS / 64, 64, old + 64);
}

static void run_mix(void *arg) {
    const lwi_kernels *k = arg;
    k->mix_rows_f32(numbers, numbers, 64, ROWS * COLUMNS / 64, 64, 0.5f, old);
}

static void bench(const kc_timing *t) {
    if (!numbers) numbers = kc_bench_floats(ROWS * COLUMNS), old = kc_bench_floats(1024);
    void *kernels = (void *)t->kernels;
    const double elements = ROWS * COLUMNS;
    kc_measure(t, "softmax of 28 x 256", KC_BYTES, 2 * elements * sizeof(float), run_softmax,
               kernels);
    kc_measure(t, "112 products of 64", KC_F32, 2 * elements, run_dots, kernels);
    kc_measure(t, "sum of 112 rows of 64", KC_F32, 2 * elements, run_mix, kernels);
}

const kc_check kc_attention_f32 = {"attention_f32", {6, 40}, {40, 500}, check, bench};
