/* SPDX-License-Identifier: MIT
 * Sizes: elements, neighbours before, neighbours after. */
#include "kcheck.h"

static void check(kc_case *c) {
    const size_t n = c->size[0];
    const float *x = kc_floats(c, n);
    float *got = kc_floats(c, n), *want = kc_copy(c, got, n * sizeof *got);
    c->kernels->lrn_sums_f32(x, n, c->size[1], c->size[2], got);
    c->base->lrn_sums_f32(x, n, c->size[1], c->size[2], want);
    kc_near_floats(c, "sums", got, want, n, 1e-5f, 1e-6f);
    if (c->special) return; /* infinite sums make the difference of rounding infinite too */
    c->kernels->lrn_scale_f32(x, want, got, n, 0.5f, 0.75f, 1.5f);
    c->base->lrn_scale_f32(x, want, want, n, 0.5f, 0.75f, 1.5f);
    kc_near_floats(c, "scale", got, want, n, 2e-6f, 1e-7f);
}

enum { N = 192 };

typedef struct row {
    const lwi_kernels *kernels;
    float *x, *y;
} row;

static void run(void *arg) {
    const row *r = arg;
    r->kernels->lrn_sums_f32(r->x, N, 2, 2, r->y);
    r->kernels->lrn_scale_f32(r->x, r->y, r->y, N, 1e-4f, 0.75f, 1);
}

static void bench(const kc_timing *t) {
    static row r;
    if (!r.x) r = (row){.x = kc_bench_floats(N), .y = kc_bench_floats(N)};
    r.kernels = t->kernels;
    kc_measure(t, "5 of 192", KC_BYTES, 2.0 * N * sizeof *r.x, run, &r);
}

const kc_check kc_lrn_f32 = {"lrn_f32", {70, 3, 3}, {1000, 80, 80}, check, bench};
