/* SPDX-License-Identifier: MIT
 * Sizes: numbers of a row. */
#include "kcheck.h"

#include <math.h>

enum { N = 512 };

/* What the codes say, which must be what was split. */
static void read_codes(const uint8_t *codes, size_t n, uint8_t flip, float scale, float *y) {
    for (size_t i = 0; i < n; i++)
        y[i] = scale *
               (float)(65536 * (int8_t)(codes[i] ^ flip) + 256 * (int8_t)(codes[n + i] ^ flip) +
                       (int8_t)(codes[2 * n + i] ^ flip));
}

static void check_split(kc_case *c) {
    const size_t n = c->size[0];
    const uint8_t flip = kc_below(c, 2) ? 0x80 : 0;
    float *x = kc_floats(c, n), *y = kc_floats(c, n);
    uint8_t *codes = kc_bytes(c, LWI_SPLIT_PLANES * n);
    const float scale = c->kernels->split_f32(x, n, flip, codes, n);
    const bool number = scale == scale;
    bool finite = true;
    for (size_t i = 0; i < n; i++)
        finite &= isfinite(x[i]) != 0;
    const float told = finite, got = number;
    kc_same_floats(c, "whether all are finite", &got, &told, 1, 0);
    read_codes(codes, n, flip, number ? scale : 0, y);
    for (size_t i = 0; i < n && !number; i++)
        x[i] = 0;
    kc_near_floats(c, "numbers from codes", y, x, n, 0, 2e-7f);
}

static void check_join(kc_case *c) {
    const size_t n = c->size[0], bytes = n * sizeof(float);
    int32_t *sums = kc_bytes(c, LWI_SPLIT_PLANES * bytes);
    for (size_t i = 0; i < LWI_SPLIT_PLANES * n; i++)
        sums[i] = (int32_t)kc_below(c, 1 << 20) - (1 << 19);
    float *y = kc_floats(c, n), *want = kc_copy(c, y, bytes), *start = kc_floats(c, n);
    const float *from = kc_below(c, 2) ? start : NULL;
    c->kernels->join_split_f32(sums, n, n, 1e-10f, from, y);
    c->base->join_split_f32(sums, n, n, 1e-10f, from, want);
    kc_near_floats(c, "joined", y, want, n, 1e-6f, 1e-6f);
}

static void check(kc_case *c) {
    check_split(c);
    c->buffers = 0;
    check_join(c);
}

static float *numbers;

static void run_split(void *arg) {
    const lwi_kernels *k = arg;
    k->split_f32(numbers, N, 0x80, (uint8_t *)(numbers + N), N);
}

static void run_join(void *arg) {
    const lwi_kernels *k = arg;
    k->join_split_f32((const int32_t *)(const void *)numbers, N, N, 1e-9f, NULL, numbers + 3 * N);
}

static void bench(const kc_timing *t) {
    if (!numbers) numbers = kc_bench_floats(4 * N);
    void *kernels = (void *)t->kernels;
    kc_measure(t, "split 512", KC_BYTES, 7.0 * N, run_split, kernels);
    kc_measure(t, "join 512", KC_BYTES, 16.0 * N, run_join, kernels);
}

const kc_check kc_split_f32 = {"split_f32", {70}, {600}, check, bench};
