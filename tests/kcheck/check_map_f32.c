/* SPDX-License-Identifier: MIT
 * Sizes: elements. */
#include <stdio.h>

#include "kcheck.h"

static void check_one(kc_case *c, const char *name, lwi_map_f32_fn *fn, lwi_map_f32_fn *base) {
    const size_t n = c->size[0];
    float *x = kc_floats(c, n);
    for (size_t i = 0; i < n; i++)
        x[i] *= 10;
    float *got = kc_floats(c, n), *want = kc_copy(c, got, n * sizeof *got);
    fn(x, got, n, 0.75f);
    base(x, want, n, 0.75f);
    kc_near_floats(c, name, got, want, n, 1e-6f, 1e-7f);
    c->buffers -= 3;
}

static void check(kc_case *c) {
#define LWI_MAP_F32(name, y)                                                                       \
    check_one(c, #name, c->kernels->map_f32_##name, c->base->map_f32_##name);
#include "kern/map_f32.def"
#undef LWI_MAP_F32
}

enum { N = 4096 };
static float *x, *y;

static void run(void *arg) { (*(lwi_map_f32_fn **)arg)(x, y, N, 1); }

static void bench(const kc_timing *t) {
    if (!x) x = kc_bench_floats(N), y = kc_bench_floats(N);
    lwi_map_f32_fn *fn;
#define LWI_MAP_F32(name, EXPR)                                                                    \
    fn = t->kernels->map_f32_##name;                                                               \
    kc_measure(t, #name " of 4096", KC_BYTES, 2.0 * N * sizeof *x, run, &fn);
#include "kern/map_f32.def"
#undef LWI_MAP_F32
}

const kc_check kc_map_f32 = {"map_f32", {70}, {3000}, check, bench};
