/* SPDX-License-Identifier: MIT
 * Sizes: rows, columns. */
#include "kcheck.h"

#include <math.h>

enum { ROWS = 28, COLUMNS = 256, QUERIES = 16 };

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

static void check_dots(kc_case *c) {
    const size_t n = c->size[0], k = c->size[1], many = kc_below(c, 6);
    lwi_dots_f32_job j = {.x_row = k + kc_below(c, 3),
                          .row = k + kc_below(c, 3),
                          .y_row = n + kc_below(c, 3),
                          .many = many,
                          .n = n,
                          .k = k,
                          .scale = kc_below(c, 2) ? 1 : 0.125f};
    j.x = kc_floats(c, many * j.x_row);
    j.rows = kc_floats(c, n * j.row);
    lwi_dots_f32_job want = j;
    float *y = j.y = kc_floats(c, many * j.y_row);
    want.y = kc_copy(c, y, many * j.y_row * sizeof *y);
    c->kernels->dots_f32(&j);
    c->base->dots_f32(&want);
    kc_near_floats(c, "products", y, want.y, many * j.y_row, 1e-5f, 1e-5f);
    if (!many || !n) return;
    float *alone = kc_floats(c, 1);
    j.x += (many - 1) * j.x_row, j.rows += (n - 1) * j.row, j.y = alone;
    j.many = j.n = 1;
    c->kernels->dots_f32(&j);
    kc_near_floats(c, "product alone", alone, y + (many - 1) * j.y_row + n - 1, 1, 0, 0);
}

static void check_mix(kc_case *c) {
    const size_t n = c->size[0], k = c->size[1], many = kc_below(c, 6);
    lwi_mix_rows_f32_job j = {.weights_row = n + kc_below(c, 3),
                              .row = k + kc_below(c, 3),
                              .y_row = k + kc_below(c, 3),
                              .many = many,
                              .n = n,
                              .k = k};
    j.weights = kc_floats(c, many * j.weights_row);
    j.rows = kc_floats(c, n * j.row);
    lwi_mix_rows_f32_job want = j, alone = j;
    const size_t bytes = many * j.y_row * sizeof *j.y;
    j.y = kc_floats(c, many * j.y_row);
    want.y = kc_copy(c, j.y, bytes), alone.y = kc_copy(c, j.y, bytes);
    c->kernels->mix_rows_f32(&j);
    c->base->mix_rows_f32(&want);
    kc_near_floats(c, "sums of rows", j.y, want.y, many * j.y_row, 1e-5f, 1e-4f);
    const size_t few = kc_below(c, n + 1);
    for (size_t q = 0; q < many; q++) {
        lwi_mix_rows_f32_job one = alone;
        one.many = 1, one.n = few;
        one.y += q * j.y_row, one.weights += q * j.weights_row;
        c->kernels->mix_rows_f32(&one);
        one.weights += few, one.rows += few * j.row, one.n = n - few;
        c->kernels->mix_rows_f32(&one);
    }
    kc_near_floats(c, "sums of rows alone, in two steps", alone.y, j.y, many * j.y_row, 0, 0);
}

static void check_rows(kc_case *c) {
    const size_t rows = c->size[0], columns = c->size[1], row = columns + kc_below(c, 3);
    const float *from = kc_floats(c, rows * row);
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
    check_dots(c);
    c->buffers = 0;
    check_mix(c);
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

/* QUERIES times 64 keys of 64, and back. */
static void run_dots(void *arg) {
    const lwi_kernels *k = arg;
    k->dots_f32(&(lwi_dots_f32_job){.x = old,
                                    .x_row = 64,
                                    .many = QUERIES,
                                    .rows = numbers,
                                    .row = 64,
                                    .n = 64,
                                    .k = 64,
                                    .scale = 0.125f,
                                    .y = old + QUERIES * 64,
                                    .y_row = 64});
}

static void run_mix(void *arg) {
    const lwi_kernels *k = arg;
    k->mix_rows_f32(&(lwi_mix_rows_f32_job){.weights = old,
                                            .weights_row = 64,
                                            .many = QUERIES,
                                            .rows = numbers,
                                            .row = 64,
                                            .n = 64,
                                            .k = 64,
                                            .y = old + QUERIES * 64,
                                            .y_row = 64});
}

static void bench(const kc_timing *t) {
    if (!numbers)
        numbers = kc_bench_floats(ROWS * COLUMNS), old = kc_bench_floats(2 * QUERIES * 64);
    void *kernels = (void *)t->kernels;
    const double elements = ROWS * COLUMNS;
    kc_measure(t, "softmax of 28 x 256", KC_BYTES, 2 * elements * sizeof(float), run_softmax,
               kernels);
    const double products = 2.0 * QUERIES * 64 * 64;
    kc_measure(t, "16 queries times 64 keys of 64", KC_F32, products, run_dots, kernels);
    kc_measure(t, "16 sums of 64 values of 64", KC_F32, products, run_mix, kernels);
}

const kc_check kc_attention_f32 = {"attention_f32", {6, 40}, {40, 500}, check, bench};
