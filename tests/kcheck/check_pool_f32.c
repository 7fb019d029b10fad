/* SPDX-License-Identifier: MIT
 * Sizes: outputs, elements of the window's row, rows of the window, channels. */
#include <math.h>

#include "kcheck.h"

enum { MOST_ROWS = 8 };

static void check_pool(kc_case *c) {
    const float *x[MOST_ROWS];
    lwi_pool_f32_job j = {.x = x,
                          .rows = c->size[2],
                          .out = (ptrdiff_t)c->size[0],
                          .kernel = (ptrdiff_t)(c->size[1] ? c->size[1] : 1),
                          .channels = c->size[3],
                          .divisor = 3};
    j.stride = 1 + (ptrdiff_t)kc_below(c, 3);
    j.dilation = 1 + (ptrdiff_t)kc_below(c, 2);
    j.begin = (ptrdiff_t)kc_below(c, (size_t)j.kernel + 1);
    const ptrdiff_t seen = (j.out - 1) * j.stride + (j.kernel - 1) * j.dilation + 1 - j.begin;
    j.in = seen - (ptrdiff_t)kc_below(c, (size_t)j.kernel + 1);
    if (j.in < 0) j.in = 0;
    for (size_t r = 0; r < j.rows; r++)
        x[r] = kc_floats(c, (size_t)j.in * j.channels);
    float *divisors = kc_floats(c, (size_t)j.out);
    for (ptrdiff_t o = 0; o < j.out; o++)
        divisors[o] = (float)(1 + kc_below(c, 9));
    j.divisors = divisors;
    const size_t y = (size_t)j.out * j.channels;
    float *got = kc_floats(c, y), *want = kc_copy(c, got, y * sizeof *got);
    j.y = want;
    c->base->pool_f32_max(&j);
    j.y = got;
    c->kernels->pool_f32_max(&j);
    kc_same_floats(c, "maxima", got, want, y, 0);
    j.y = want;
    c->base->pool_f32_mean(&j);
    j.y = got;
    c->kernels->pool_f32_mean(&j);
    kc_same_floats(c, "means", got, want, y, 1e-5f);
}

/* Sizes: outputs, elements of the window's row, most rows of the window. */
static void check_rows(kc_case *c) {
    enum { LINES = 3 };
    static const char *const names[] = {"rows' maxima", "rows' means", "rows' sums", "rows' roots"};
    const float *x[LINES * MOST_ROWS], *inputs[MOST_ROWS];
    size_t ends[LINES], rows = 0;
    lwi_pool_rows_f32_job j = {.n = kc_below(c, LINES + 1),
                               .x = x,
                               .ends = ends,
                               .out = (ptrdiff_t)(c->size[0] * (1 + kc_below(c, 5))),
                               .kernel = (ptrdiff_t)(c->size[1] ? c->size[1] : 1)};
    if (kc_below(c, 20) == 0) j.out *= 40;
    j.stride = 1 + (ptrdiff_t)kc_below(c, kc_below(c, 3) ? 3 : LWI_POOL_ROWS_STRIDE);
    j.dilation = 1 + (ptrdiff_t)kc_below(c, kc_below(c, 3) ? 2 : 20);
    j.begin = (ptrdiff_t)kc_below(c, (size_t)j.kernel + 1);
    const ptrdiff_t seen = (j.out - 1) * j.stride + (j.kernel - 1) * j.dilation + 1 - j.begin;
    j.in = seen - (ptrdiff_t)kc_below(c, (size_t)j.kernel + 1);
    if (j.in < 0 || j.out == 0) j.in = 0;
    float *divisors = kc_floats(c, (size_t)j.out), *row_divisors = kc_floats(c, j.n);
    for (ptrdiff_t o = 0; o < j.out; o++)
        divisors[o] = (float)(1 + kc_below(c, 9));
    for (size_t i = 0; i < c->size[2]; i++)
        inputs[i] = kc_floats(c, (size_t)j.in);
    for (size_t i = 0; i < j.n; i++) {
        row_divisors[i] = (float)(1 + kc_below(c, 3));
        for (size_t r = kc_below(c, c->size[2] + 1); r > 0; r--)
            x[rows++] = inputs[kc_below(c, c->size[2])];
        ends[i] = rows;
    }
    j.divisors = divisors;
    j.row_divisors = row_divisors;
    const size_t n = j.n * (size_t)j.out;
    float *got = kc_floats(c, n), *want = kc_copy(c, got, n * sizeof *got);
    for (int what = LWI_POOL_ROWS_MAX; what <= LWI_POOL_ROWS_L2; what++) {
        j.y = want;
        c->base->pool_rows_f32(&j, (lwi_pool_rows)what);
        j.y = got;
        c->kernels->pool_rows_f32(&j, (lwi_pool_rows)what);
        kc_same_floats(c, names[what], got, want, n, what ? 1e-5f : 0);
    }
}

static void check_sums(kc_case *c) {
    const size_t rows = c->size[0] * 5, columns = c->size[3], row = columns + kc_below(c, 3);
    const float *x = kc_floats(c, rows ? (rows - 1) * row + columns : 0);
    float *got = kc_floats(c, columns), *want = kc_copy(c, got, columns * sizeof *got);
    c->base->column_sums_f32(x, row, rows, columns, want);
    c->kernels->column_sums_f32(x, row, rows, columns, got);
    kc_same_floats(c, "sums", got, want, columns, 1e-5f * (float)(rows + 1));
}

static void check(kc_case *c) {
    check_pool(c);
    check_rows(c);
    check_sums(c);
}

static void run_max(void *arg) {
    const void *const *job = arg;
    ((const lwi_kernels *)job[0])->pool_f32_max(job[1]);
}

static void bench(const kc_timing *t) {
    enum { OUT = 28, CHANNELS = 64 };
    static float *a;
    if (!a) a = kc_bench_floats(1 << 16);
    const float *x[3] = {a, a + 8192, a + 16384};
    const lwi_pool_f32_job j = {.x = x,
                                .rows = 3,
                                .in = 2 * OUT,
                                .out = OUT,
                                .kernel = 3,
                                .stride = 2,
                                .dilation = 1,
                                .begin = 1,
                                .channels = CHANNELS,
                                .y = a + 32768};
    const void *arg[] = {t->kernels, &j};
    kc_measure(t, "28 x 64, 3 x 3", KC_BYTES, 10.0 * OUT * CHANNELS * sizeof *a, run_max, arg);
}

const kc_check kc_pool_f32 = {"pool_f32", {5, 3, 2, 9}, {30, 7, MOST_ROWS, 100}, check, bench};
