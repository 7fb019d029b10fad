/* SPDX-License-Identifier: MIT
 * Sizes: taps, elements. */
#include "kcheck.h"

static void check(kc_case *c) {
    const size_t taps = c->size[0] ? c->size[0] : 1, n = c->size[1];
    size_t *offsets = kc_bytes(c, taps * sizeof *offsets);
    size_t last = 0;
    for (size_t t = 0; t < taps; t++) {
        offsets[t] = kc_below(c, 2 * n + 1);
        if (offsets[t] > last) last = offsets[t];
    }
    const float *x = kc_floats(c, last + n), *weights = kc_floats(c, taps);
    float *got = kc_floats(c, n), *want = kc_copy(c, got, n * sizeof *got);
    c->base->blend_f32(x, offsets, weights, taps, n, want);
    c->kernels->blend_f32(x, offsets, weights, taps, n, got);
    kc_same_floats(c, "y", got, want, n, 1e-6f * (float)(taps + 1));
}

typedef struct blending {
    const lwi_kernels *kernels;
    const float *x;
    float *y;
} blending;

static void run(void *arg) {
    static const size_t offsets[2] = {0, 2048};
    static const float weights[2] = {0.25f, 0.75f};
    const blending *b = arg;
    b->kernels->blend_f32(b->x, offsets, weights, 2, 2048, b->y);
}

static void bench(const kc_timing *t) {
    static float *x;
    if (!x) x = kc_bench_floats(1 << 13);
    blending b = {t->kernels, x, x + 4096};
    kc_measure(t, "2 taps, 2048", KC_BYTES, 3.0 * 2048 * sizeof *x, run, &b);
}

const kc_check kc_blend_f32 = {"blend_f32", {4, 40}, {16, 300}, check, bench};
