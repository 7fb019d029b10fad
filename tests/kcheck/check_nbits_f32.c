/* SPDX-License-Identifier: MIT
 * Sizes: rows, columns, blocks, block / 16. */
#include <stdio.h>
#include <string.h>

#include "kcheck.h"

enum { GROUP = LWI_NBITS_GROUP };

static void draw_b(kc_case *c, lwi_nbits_b *b, size_t groups) {
    const size_t k = b->blocks * b->block;
    b->codes = kc_bytes(c, groups * GROUP * k * b->bits / 8);
    float *scales = kc_floats(c, groups * GROUP * b->blocks);
    b->scales = scales;
    b->offset = 3;
    if (kc_below(c, 2)) return;
    float *offsets = kc_floats(c, groups * GROUP * b->blocks);
    for (size_t i = 0; i < groups * GROUP * b->blocks; i++)
        offsets[i] *= 8;
    b->offsets = offsets;
}

static void check_multiply(kc_case *c, const lwi_nbits_b *b, size_t groups) {
    lwi_nbits_job j = {.b = b, .rows = c->size[0]};
    const size_t k = b->blocks * b->block;
    j.first = GROUP * kc_below(c, groups);
    j.columns = groups ? 1 + kc_below(c, groups * GROUP - j.first) : 0;
    j.a_row = k + kc_below(c, 3);
    float *a = kc_floats(c, j.rows ? (j.rows - 1) * j.a_row + k : 0);
    j.a = a;
    float *sums = kc_floats(c, j.rows * b->blocks);
    for (size_t r = 0; r < j.rows; r++)
        for (size_t i = 0; i < k; i++)
            sums[r * b->blocks + i / b->block] =
                (i % b->block ? sums[r * b->blocks + i / b->block] : 0) + a[r * j.a_row + i];
    j.sums = sums;
    if (kc_below(c, 2)) j.bias = kc_floats(c, j.columns);
    j.y_row = j.columns + kc_below(c, 3);
    const size_t size = j.rows && j.columns ? (j.rows - 1) * j.y_row + j.columns : 0;
    float *got = kc_floats(c, size), *want = kc_copy(c, got, size * sizeof *got);
    j.y = got;
    c->kernels->nbits_multiply(&j);
    j.y = want;
    c->base->nbits_multiply(&j);
    kc_same_floats(c, "y", got, want, size, (float)(k + 1) * 4e-7f * (float)(1u << b->bits));
}

/* Against the definition. */
static void check_expand(kc_case *c, const lwi_nbits_b *b, size_t groups) {
    const size_t width = c->kernels->gemm_f32_columns, unit = width > GROUP ? width : GROUP;
    const size_t all = b->blocks * b->block;
    const size_t first = unit * kc_below(c, groups * GROUP / unit);
    const size_t columns = groups ? 1 + kc_below(c, groups * GROUP - first) : 0;
    const size_t k = 16 * kc_below(c, all / 16), depth = 16 * kc_below(c, (all - k) / 16 + 1);
    const size_t padded = (columns + GROUP - 1) / GROUP * GROUP;
    const size_t panels = (padded + width - 1) / width, panel = depth * width + kc_below(c, 3);
    const size_t size = panels ? panels * panel : 0;
    float *got = kc_floats(c, size), *want = kc_copy(c, got, size * sizeof *got);
    c->kernels->nbits_expand(b, k, depth, first, columns, got, panel);
    const unsigned p = 8 / b->bits;
    for (size_t i = 0; i < depth; i++)
        for (size_t n = 0; n < padded; n++) {
            const size_t group = (first + n) / GROUP, lane = n % GROUP, at = k + i;
            const size_t word = at / (4 * p), in = at % (4 * p);
            const uint32_t w = b->codes[(group * all / (4 * p) + word) * GROUP + lane];
            const uint32_t code = w >> (in % 4 * 8 + in / 4 * b->bits) & ((1u << b->bits) - 1);
            const size_t s = (group * b->blocks + at / b->block) * GROUP + lane;
            want[n / width * panel + i * width + n % width] =
                ((float)code - (b->offsets ? b->offsets[s] : b->offset)) * b->scales[s];
        }
    kc_near_floats(c, "panels", got, want, size, 1e-6f, 1e-6f);
}

static void check(kc_case *c) {
    static const unsigned BITS[] = {2, 4, 8};
    const size_t groups = (c->size[1] + GROUP - 1) / GROUP;
    lwi_nbits_b b = {.bits = BITS[kc_below(c, 3)], .blocks = c->size[2], .block = 16 * c->size[3]};
    c->special = false; /* infinite scales times differences of sums */
    if (b.block == 0) b.blocks = 0, b.block = 16;
    draw_b(c, &b, groups);
    check_multiply(c, &b, groups);
    check_expand(c, &b, groups);
}

typedef struct product {
    const lwi_kernels *kernels;
    lwi_nbits_job job;
    float *panels;
} product;

static void run(void *arg) {
    const product *p = arg;
    p->kernels->nbits_multiply(&p->job);
}

static void run_expand(void *arg) {
    const product *p = arg;
    const size_t k = p->job.b->blocks * p->job.b->block;
    p->kernels->nbits_expand(p->job.b, 0, k, 0, p->job.columns, p->panels,
                             k * p->kernels->gemm_f32_columns);
}

static void bench(const kc_timing *t) {
    enum { N = 4096, K = 512, BLOCK = 32 };
    static float *memory, *scales, *a, *y;
    if (!memory) {
        memory = kc_bench_floats(N * K / 4);
        scales = kc_bench_floats(N * K / BLOCK);
        a = kc_bench_floats(4 * K);
        y = kc_bench_floats(4 * N);
    }
    for (unsigned bits = 2; bits <= 8; bits *= 2) {
        const lwi_nbits_b b = {bits, K / BLOCK, BLOCK, NULL, scales, NULL, 8};
        lwi_nbits_b with = b;
        with.codes = (const uint32_t *)memory;
        for (size_t rows = 1; rows <= 4; rows *= 2) {
            product p = {.kernels = t->kernels,
                         .job = {.b = &with,
                                 .a = a,
                                 .sums = a,
                                 .a_row = K,
                                 .y = y,
                                 .y_row = N,
                                 .rows = rows,
                                 .columns = N}};
            char label[64];
            snprintf(label, sizeof label, "%u bits, %zu x 4096 x 512", bits, rows);
            kc_measure(t, label, KC_BYTES, (double)N * K * bits / 8, run, &p);
        }
        static float *panels;
        if (!panels) panels = kc_bench_floats(256 * K);
        product p = {.kernels = t->kernels, .job = {.b = &with, .columns = 256}, .panels = panels};
        char label[64];
        snprintf(label, sizeof label, "%u bits, expand 256 x 512", bits);
        kc_measure(t, label, KC_BYTES, 256.0 * K * sizeof(float), run_expand, &p);
    }
}

const kc_check kc_nbits_f32 = {"nbits_f32", {5, 40, 3, 3}, {9, 150, 12, 9}, check, bench};
