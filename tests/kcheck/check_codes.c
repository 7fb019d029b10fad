/* SPDX-License-Identifier: MIT
 * Size: elements. All loops of codes.h. */
#include "kcheck.h"

static lwi_coding draw_coding(kc_case *c) {
    const int least = kc_below(c, 2) ? -128 : 0, zero = least + (int)kc_below(c, 256);
    return (lwi_coding){(float)(least - zero), (float)(least + 255 - zero), zero};
}

static lwi_codes draw_codes(kc_case *c) {
    return (lwi_codes){(float)(1 + kc_below(c, 100)) / 50, (float)kc_below(c, 256),
                       kc_below(c, 2) ? 0x80 : 0};
}

static void check_scaling(kc_case *c, size_t n) {
    const float *x = kc_floats(c, n), scale = (float)(1 + kc_below(c, 100)) / 10000;
    const lwi_coding to = draw_coding(c);
    const lwi_codes from = draw_codes(c);
    uint8_t *got = kc_bytes(c, n), *want = kc_copy(c, got, n);
    c->base->quantize_f32(x, n, scale, &to, want);
    c->kernels->quantize_f32(x, n, scale, &to, got);
    kc_same_bytes(c, "quantize", got, want, n);
    float *floats = kc_floats(c, n), *same = kc_copy(c, floats, n * sizeof *floats);
    c->base->dequantize_i8(want, n, &from, same);
    c->kernels->dequantize_i8(want, n, &from, floats);
    kc_same_floats(c, "dequantize", floats, same, n, 0);
    float range[2] = {0, 0}, wanted[2] = {0, 0};
    c->base->range_f32(x, n, &wanted[0], &wanted[1]);
    c->kernels->range_f32(x, n, &range[0], &range[1]);
    kc_same_floats(c, "range", range, wanted, 2, 0);
}

static void check_binary(kc_case *c, size_t n, bool product) {
    const lwi_codes a = draw_codes(c), b = draw_codes(c);
    const lwi_coding to = draw_coding(c);
    const size_t a_step = kc_below(c, 3) > 0, b_step = kc_below(c, 3) > 0;
    const uint8_t *x = kc_bytes(c, a_step ? n : 1), *y = kc_bytes(c, b_step ? n : 1);
    uint8_t *got = kc_bytes(c, n), *want = kc_copy(c, got, n);
    lwi_binary_i8_fn *base = product ? c->base->mul_i8 : c->base->add_i8;
    lwi_binary_i8_fn *fn = product ? c->kernels->mul_i8 : c->kernels->add_i8;
    base(x, a_step, &a, y, b_step, &b, n, &to, want);
    fn(x, a_step, &a, y, b_step, &b, n, &to, got);
    kc_same_bytes(c, product ? "product" : "sum", got, want, n);
}

static void check_sums(kc_case *c, size_t n) {
    const uint8_t *x = kc_bytes(c, n), flip = kc_below(c, 2) ? 0x80 : 0;
    int32_t *sums = kc_bytes(c, n * sizeof *sums);
    for (size_t i = 0; i < n; i++)
        sums[i] &= 0xffff;
    int32_t *same = kc_copy(c, sums, n * sizeof *sums);
    c->base->sum_i8(x, n, flip, same);
    c->kernels->sum_i8(x, n, flip, sums);
    kc_same_bytes(c, "sums", sums, same, n * sizeof *sums);
    const lwi_mean mean = {(double)kc_below(c, 60000), (double)(1 + kc_below(c, 300)), 0.5f, 0.25f,
                           draw_coding(c)};
    uint8_t *got = kc_bytes(c, n), *want = kc_copy(c, got, n);
    c->base->mean_i8(sums, n, &mean, want);
    c->kernels->mean_i8(sums, n, &mean, got);
    kc_same_bytes(c, "mean", got, want, n);
}

static void check_choice(kc_case *c, size_t n) {
    const uint8_t *x[9], *map = kc_bytes(c, 256), flip = kc_below(c, 2) ? 0x80 : 0;
    const size_t taps = 1 + kc_below(c, 9);
    for (size_t t = 0; t < taps; t++)
        x[t] = kc_bytes(c, n);
    uint8_t *got = kc_bytes(c, n), *want = kc_copy(c, got, n);
    c->base->max_i8(x, taps, n, flip, want);
    c->kernels->max_i8(x, taps, n, flip, got);
    kc_same_bytes(c, "greatest", got, want, n);
    c->base->map_i8(x[0], n, map, want);
    c->kernels->map_i8(x[0], n, map, got);
    kc_same_bytes(c, "map", got, want, n);
}

static void check(kc_case *c) {
    const size_t n = c->size[0];
    check_scaling(c, n);
    check_binary(c, n, false);
    check_binary(c, n, true);
    check_sums(c, n);
    check_choice(c, n);
}

typedef struct sum {
    const lwi_kernels *kernels;
    uint8_t *a, *b, *y;
    size_t n;
} sum;

static void run(void *arg) {
    const sum *s = arg;
    const lwi_codes from = {0.5f, 10, 0};
    const lwi_coding to = {0, 255, 0};
    s->kernels->add_i8(s->a, 1, &from, s->b, 1, &from, s->n, &to, s->y);
}

static void bench(const kc_timing *t) {
    enum { N = 1 << 16 };
    static uint8_t *memory;
    if (!memory) memory = (uint8_t *)kc_bench_floats(N);
    sum s = {t->kernels, memory, memory + N, memory + 2 * N, N};
    kc_measure(t, "sum of 65536", KC_BYTES, 3.0 * N, run, &s);
}

const kc_check kc_codes = {"codes", {200}, {3000}, check, bench};
