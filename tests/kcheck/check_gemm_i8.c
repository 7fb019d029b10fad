/* SPDX-License-Identifier: MIT
 * Sizes: rows, columns, length of a run. Runs, types, zero points and what becomes of the sums are
 * drawn; B is packed by the level's own pack_i8. */
#include <stdio.h>

#include "kcheck.h"

typedef struct operands {
    const uint8_t *b;
    size_t k, columns;
    uint8_t flip_b;
    int32_t zero_a, zero_b; /* of uint8 A and int8 B */
    const float *scale, *addend;
    const int32_t *bias;
} operands;

/* A buffer whose bytes are all 0. */
static void *zeros(kc_case *c, size_t bytes) {
    unsigned char *p = kc_bytes(c, bytes);
    for (size_t i = 0; i < bytes; i++)
        p[i] = 0;
    return p;
}

static float *padded(kc_case *c, const float *from, size_t n, size_t room) {
    float *to = zeros(c, room * sizeof *to);
    for (size_t i = 0; i < n; i++)
        to[i] = from[i];
    return to;
}

static size_t round_up(size_t n, size_t step) { return (n + step - 1) / step * step; }

/* The rows of B that the runs of A meet, `each` for one. */
static const int64_t *list_rows(kc_case *c, const operands *o, const lwi_gemm_i8_job *j,
                                size_t each) {
    int64_t *rows = kc_bytes(c, each * j->segments * sizeof *rows);
    for (size_t i = 0; i < each * j->segments; i++)
        rows[i] =
            i % each < j->length ? (int64_t)((i / each * j->length + i % each) * o->columns) : -1;
    return rows;
}

static void compute(kc_case *c, const lwi_kernels *k, const operands *o, lwi_gemm_i8_job j,
                    lwi_i8_output output, void *y) {
    const size_t width = k->gemm_i8_width, panels = (o->columns + width - 1) / width;
    const size_t room = panels * width, depth = j.segments * round_up(j.length, k->gemm_i8_step);
    const int32_t zero_a = o->zero_a - (k->gemm_i8_signed ? 128 : 0);
    const size_t panel = lwi_i8_panel_bytes(width, depth, k->gemm_i8_rests);
    int8_t *packed = kc_bytes(c, panels * panel);
    int32_t *sums = kc_bytes(c, room * sizeof *sums), *start = zeros(c, room * sizeof *start);
    int32_t *zero_b = zeros(c, room * sizeof *zero_b);
    const lwi_pack_i8_job pack = {.b = o->b,
                                  .offsets = list_rows(c, o, &j, depth / j.segments),
                                  .depth = depth,
                                  .column = 1,
                                  .columns = o->columns,
                                  .flip = o->flip_b,
                                  .width = width,
                                  .step = k->gemm_i8_step,
                                  .packed = packed,
                                  .panel_bytes = panel,
                                  .sums = sums};
    k->pack_i8(&pack, 0, panels);
    for (size_t i = 0; i < o->columns; i++) {
        zero_b[i] = o->zero_b;
        start[i] = o->bias[i] - zero_a * sums[i] + (int32_t)o->k * zero_a * o->zero_b;
    }
    output.scale = padded(c, o->scale, o->columns, room);
    output.addend = o->addend ? padded(c, o->addend, o->columns, room) : NULL;
    j.b = packed;
    j.b_panel = panel;
    j.flip ^= k->gemm_i8_signed ? 0x80808080u : 0;
    j.start = start;
    j.zero_b = zero_b;
    j.output = &output;
    j.y = y;
    int32_t *row_sums = kc_bytes(c, j.rows * sizeof *row_sums);
    if (o->zero_b) {
        k->row_sums_i8(&j, row_sums);
        j.row_sums = row_sums;
    }
    k->gemm_i8(&j);
}

static const int64_t *draw_runs(kc_case *c, const lwi_gemm_i8_job *j) {
    int64_t *runs = kc_bytes(c, j->segments * sizeof *runs);
    for (size_t s = 0; s < j->segments; s++)
        runs[s] = (int64_t)(s * (j->length + 1));
    return runs;
}

/* Codes of any size, or small ones among which are a few of any size, as networks have them. */
static const uint8_t *draw_weights(kc_case *c, size_t n, uint8_t flip) {
    uint8_t *b = kc_wide_bytes(c, n);
    const unsigned rare = (const unsigned[]){0, 40, 400, 5000}[kc_below(c, 4)];
    for (size_t i = 0; i < n && rare; i++)
        if (kc_below(c, rare))
            b[i] = (uint8_t)((int8_t)(b[i] ^ flip) / (rare == 40 ? 2 : 5)) ^ flip;
    return b;
}

static lwi_i8_output draw_output(kc_case *c) {
    lwi_i8_output o = {.store = (lwi_i8_store)kc_below(c, 3), .is_signed = kc_below(c, 2)};
    const int least = o.is_signed ? -128 : 0;
    o.zero = kc_below(c, 2) ? least + (int)kc_below(c, 256) : 0;
    o.low = (float)(least - o.zero + (kc_below(c, 3) ? 0 : 20));
    o.high = (float)(least + 255 - o.zero);
    return o;
}

static void check(kc_case *c) {
    operands o = {.columns = c->size[1], .flip_b = kc_below(c, 2) ? 0x80 : 0};
    lwi_gemm_i8_job j = {.rows = c->size[0], .columns = o.columns, .length = c->size[2]};
    j.segments = 1 + kc_below(c, 3);
    if (j.length && kc_below(c, 16) == 0) j.length += 1000; /* longer than a block of avx2 */
    j.flip = kc_below(c, 2) ? 0x80808080u : 0;
    j.once = kc_below(c, 2);
    j.offsets = draw_runs(c, &j);
    o.k = j.length * j.segments;
    j.a_row = j.segments * (j.length + 1) + kc_below(c, 3);
    j.a = kc_wide_bytes(c, j.rows ? j.rows * j.a_row : 0);
    o.b = draw_weights(c, o.k * o.columns, o.flip_b);
    o.zero_a = (int32_t)kc_below(c, 256);
    o.zero_b = kc_below(c, 2) ? (int32_t)kc_below(c, 256) - 128 : 0;
    o.scale = kc_floats(c, o.columns);
    o.addend = kc_below(c, 2) ? kc_floats(c, o.columns) : NULL;
    int32_t *bias = kc_bytes(c, o.columns * sizeof *bias);
    for (size_t i = 0; i < o.columns; i++)
        bias[i] %= 1000;
    o.bias = bias;
    const lwi_i8_output output = draw_output(c);
    const size_t element = output.store == LWI_I8_BYTES ? 1 : 4;
    j.y_row = o.columns + kc_below(c, 4);
    const size_t y = (j.rows ? (j.rows - 1) * j.y_row + o.columns : 0) * element;
    void *got = kc_bytes(c, y), *want = kc_copy(c, got, y);
    compute(c, c->base, &o, j, output, want);
    compute(c, c->kernels, &o, j, output, got);
    if (output.store == LWI_I8_FLOAT) kc_same_floats(c, "y", got, want, y / sizeof(float), 0);
    else kc_same_bytes(c, "y", got, want, y);
}

/* --------------------------------------------------------------------- bench */

enum { LONGEST = 2304 }; /* k of a bench */

typedef struct product {
    const lwi_kernels *kernels;
    lwi_gemm_i8_job job;
} product;

static void run(void *arg) {
    const product *p = arg;
    p->kernels->gemm_i8(&p->job);
}

/* Packs the job's B: codes of any size, or an eighth of that. */
static void pack_bench(const lwi_kernels *kernels, lwi_gemm_i8_job *j, int8_t *b, bool small,
                       int8_t *packed) {
    static int64_t offsets[LONGEST];
    for (size_t i = 0; i < j->length * j->columns; i++)
        b[i] = (int8_t)((int8_t)(i * 2654435761u >> 13) / (small ? 8 : 1));
    for (size_t k = 0; k < j->length; k++)
        offsets[k] = (int64_t)(k * j->columns);
    const size_t width = kernels->gemm_i8_width;
    j->b = packed;
    j->b_panel = lwi_i8_panel_bytes(width, j->length, kernels->gemm_i8_rests);
    const lwi_pack_i8_job pack = {.b = (const uint8_t *)b,
                                  .offsets = offsets,
                                  .depth = j->length,
                                  .column = 1,
                                  .columns = j->columns,
                                  .width = width,
                                  .step = kernels->gemm_i8_step,
                                  .packed = packed,
                                  .panel_bytes = j->b_panel};
    kernels->pack_i8(&pack, 0, (j->columns + width - 1) / width);
}

static void bench(const kc_timing *t) {
    static const size_t sizes[][3] = {{56, 64, 64},    {56, 64, 576},   {28, 512, 128},
                                      {14, 256, 2304}, {49, 512, 2048}, {128, 768, 768}};
    static const int64_t none = 0;
    static float *memory;
    enum { ROOM = 1 << 20 };
    if (!memory) memory = kc_bench_floats((size_t)4 * ROOM);
    for (size_t i = 0; i < 2 * sizeof sizes / sizeof *sizes; i++) {
        const size_t *size = sizes[i / 2], m = size[0], n = size[1], k = size[2];
        const lwi_i8_output output = {.store = LWI_I8_BYTES, .scale = memory, .high = 255};
        product p = {t->kernels,
                     {.a = (const uint8_t *)(memory + ROOM),
                      .a_row = k,
                      .offsets = &none,
                      .segments = 1,
                      .length = k,
                      .rows = m,
                      .columns = n,
                      .start = (const int32_t *)memory,
                      .y = memory + 3 * ROOM,
                      .y_row = n,
                      .output = &output}};
        const bool small = i % 2;
        pack_bench(t->kernels, &p.job, (int8_t *)(memory + 3 * ROOM), small,
                   (int8_t *)(memory + 2 * ROOM));
        char label[64];
        snprintf(label, sizeof label, "%zu x %zu x %zu%s", m, n, k, small ? ", small" : "");
        kc_measure(t, label, KC_INT8, 2.0 * (double)m * (double)n * (double)k, run, &p);
    }
}

const kc_check kc_gemm_i8 = {"gemm_i8", {5, 5, 9}, {40, 100, 70}, check, bench};
