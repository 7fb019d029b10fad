/* SPDX-License-Identifier: MIT
 * Sizes: rows, columns. */
#include "kcheck.h"

static lwi_state_update random_update(kc_case *c) {
    const size_t rows = c->size[0], columns = c->size[1];
    const size_t step = kc_below(c, 2);
    return (lwi_state_update){.rows = rows,
                              .columns = columns,
                              .state = kc_floats(c, rows * columns),
                              .keep = kc_floats(c, step ? rows : 1),
                              .keep_step = step,
                              .a = kc_floats(c, rows),
                              .x = kc_floats(c, columns),
                              .b = kc_floats(c, rows),
                              .z = kc_below(c, 2) ? kc_floats(c, columns) : NULL,
                              .read = kc_floats(c, rows),
                              .y = kc_below(c, 2) ? kc_floats(c, columns) : NULL};
}

static void check_update(kc_case *c) {
    const size_t n = c->size[0] * c->size[1];
    const lwi_state_update got = random_update(c);
    lwi_state_update want = got;
    want.state = kc_copy(c, got.state, n * sizeof *got.state);
    if (got.y) want.y = kc_copy(c, got.y, c->size[1] * sizeof *got.y);
    c->kernels->state_update_f32(&got);
    c->base->state_update_f32(&want);
    kc_near_floats(c, "state", got.state, want.state, n, 1e-6f, 1e-6f);
    if (got.y) kc_near_floats(c, "y", got.y, want.y, c->size[1], 1e-5f, 1e-5f);
}

static void check_scan(kc_case *c) {
    const size_t rows = c->size[0], columns = c->size[1], n = rows * columns;
    const size_t decay_row = columns + kc_below(c, 3);
    const lwi_state_scan got = {.rows = rows,
                                .columns = columns,
                                .state = kc_floats(c, n),
                                .step = kc_floats(c, columns),
                                .decay = kc_floats(c, rows * decay_row),
                                .decay_row = decay_row,
                                .a = kc_floats(c, rows),
                                .x = kc_floats(c, columns),
                                .read = kc_floats(c, rows),
                                .y = kc_floats(c, columns)};
    lwi_state_scan want = got;
    want.state = kc_copy(c, got.state, n * sizeof *got.state);
    want.y = kc_copy(c, got.y, columns * sizeof *got.y);
    c->kernels->state_scan_f32(&got);
    c->base->state_scan_f32(&want);
    kc_near_floats(c, "scanned state", got.state, want.state, n, 1e-5f, 1e-6f);
    kc_near_floats(c, "scanned y", got.y, want.y, columns, 1e-5f, 1e-5f);
}

static void check(kc_case *c) {
    check_update(c);
    if (!c->special) check_scan(c); /* infinite exponents differ in what they are clamped to */
}

enum { N = 128, FEW = 16, MANY = 64 };

typedef struct steps {
    const lwi_kernels *kernels;
    float *state, *rows, *columns, *y;
} steps;

static void run_update(void *arg) {
    const steps *s = arg;
    s->kernels->state_update_f32(&(lwi_state_update){.rows = N,
                                                     .columns = N,
                                                     .state = s->state,
                                                     .keep = s->rows,
                                                     .a = s->rows,
                                                     .x = s->columns,
                                                     .read = s->rows,
                                                     .y = s->y});
}

static void run_scan(void *arg) {
    const steps *s = arg;
    s->kernels->state_scan_f32(&(lwi_state_scan){.rows = FEW,
                                                 .columns = MANY,
                                                 .state = s->state,
                                                 .step = s->columns,
                                                 .decay = s->state + FEW * MANY,
                                                 .decay_row = MANY,
                                                 .a = s->rows,
                                                 .x = s->columns,
                                                 .read = s->rows,
                                                 .y = s->y});
}

static void bench(const kc_timing *t) {
    static steps s;
    if (!s.state)
        s = (steps){.state = kc_bench_floats((size_t)N * N),
                    .rows = kc_bench_floats(N),
                    .columns = kc_bench_floats(N),
                    .y = kc_bench_floats(N)};
    s.kernels = t->kernels;
    kc_measure(t, "update 128 x 128", KC_F32, 5.0 * N * N, run_update, &s);
    kc_measure(t, "scan 16 x 64", KC_BYTES, 3.0 * FEW * MANY * sizeof(float), run_scan, &s);
}

const kc_check kc_state_f32 = {"state_f32", {20, 70}, {150, 300}, check, bench};
