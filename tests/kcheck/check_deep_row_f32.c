/* SPDX-License-Identifier: MIT
 * Against gemm_f32 of the same level, which sums in the same order. Sizes: elements of a block,
 * blocks. */
#include <math.h>

#include "kcheck.h"

static void check(kc_case *c) {
    const size_t depth = c->size[0], blocks = c->size[1], width = c->kernels->gemm_f32_columns;
    const float *a = kc_floats(c, depth * blocks), *b = kc_floats(c, depth * blocks * width);
    float *got = kc_floats(c, blocks * width);
    float *want = kc_copy(c, got, blocks * width * sizeof *got);
    for (size_t i = 0; i < blocks; i++) {
        const lwi_gemm_f32_job j = {.a = a + i * depth,
                                    .segments = 1,
                                    .length = depth,
                                    .b = b + i * depth * width,
                                    .b_panel = depth * width,
                                    .y = want + i * width,
                                    .rows = 1,
                                    .columns = width,
                                    .low = -INFINITY,
                                    .high = INFINITY};
        c->kernels->gemm_f32(&j);
    }
    c->kernels->deep_row_f32(a, b, depth, blocks, got);
    kc_same_floats(c, "sums", got, want, blocks * width, 0);
}

typedef struct arguments {
    const lwi_kernels *kernels;
    const float *a;
    float *sums;
} arguments;

enum { DEPTH = 512 };

static void run(void *arg) {
    const arguments *x = arg;
    x->kernels->deep_row_f32(x->a, x->a + (1 << 14), DEPTH, LWI_DEEP_BLOCKS, x->sums);
}

static void bench(const kc_timing *t) {
    static float *a;
    if (!a) a = kc_bench_floats(1 << 18);
    arguments x = {t->kernels, a, a + (1 << 17)};
    kc_measure(t, "4 x 512 x a panel", KC_F32,
               2.0 * DEPTH * LWI_DEEP_BLOCKS * (double)t->kernels->gemm_f32_columns, run, &x);
}

const kc_check kc_deep_row_f32 = {
    "deep_row_f32", {40, LWI_DEEP_BLOCKS}, {700, LWI_DEEP_BLOCKS}, check, bench};
