/* SPDX-License-Identifier: MIT
 * Sizes: K, columns. */
#include "kcheck.h"

static void check(kc_case *c) {
    const size_t k = c->size[0], n = c->size[1], width = c->kernels->gemm_f32_columns;
    size_t row = 1, column = 1;
    switch (kc_below(c, 3)) {
    case 0:
        row = n + kc_below(c, 3);
        break;
    case 1:
        column = k + kc_below(c, 3);
        break;
    default:
        column = 1 + kc_below(c, 3);
        row = n * column + kc_below(c, 3);
    }
    const float *b = kc_floats(c, k && n ? (k - 1) * row + (n - 1) * column + 1 : 0);
    const size_t panels = (n + width - 1) / width, panel = k * width + kc_below(c, 3);
    const size_t size = panels ? (panels - 1) * panel + k * width : 0;
    float *got = kc_floats(c, size), *want = kc_copy(c, got, size * sizeof *got);
    c->kernels->pack_f32(b, row, column, k, n, got, panel);
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < panels * width; j++)
            want[j / width * panel + i * width + j % width] = j < n ? b[i * row + j * column] : 0;
    kc_same_bytes(c, "panels", got, want, size * sizeof *got);
}

typedef struct packing {
    const lwi_kernels *kernels;
    const float *b;
    float *panels;
    size_t row, column, k, n;
} packing;

static void run(void *arg) {
    const packing *p = arg;
    p->kernels->pack_f32(p->b, p->row, p->column, p->k, p->n, p->panels,
                         p->k * p->kernels->gemm_f32_columns);
}

static void bench(const kc_timing *t) {
    enum { K = 256, N = 256 };
    static float *b, *panels;
    if (!b) b = kc_bench_floats(K * N), panels = kc_bench_floats(K * N);
    packing p = {t->kernels, b, panels, N, 1, K, N};
    kc_measure(t, "256 x 256", KC_BYTES, 2.0 * K * N * sizeof *b, run, &p);
    p.row = 1, p.column = K;
    kc_measure(t, "256 x 256 transposed", KC_BYTES, 2.0 * K * N * sizeof *b, run, &p);
}

const kc_check kc_pack_f32 = {"pack_f32", {40, 70}, {300, 300}, check, bench};
