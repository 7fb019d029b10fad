/* SPDX-License-Identifier: MIT
 * Sizes: rows, columns, parts, form. */
#include <stdio.h>
#include <string.h>

#include "base/half.h"
#include "kcheck.h"

static void put_half(kc_case *c, uint8_t *to) {
    const uint16_t half = lwi_f32_to_f16((float)kc_below(c, 1000) * 1e-4f - 0.03f);
    memcpy(to, &half, sizeof half);
}

/* Any bytes are codes; scales are made such that sums stay small. */
static void set_scales(kc_case *c, const lwi_block_layout *l, uint8_t *panel, size_t parts) {
    const size_t head = lwi_block_head_bytes(l->scaling), part = lwi_block_part_bytes(l);
    for (size_t b = 0; b < parts; b++, panel += part) {
        for (size_t i = 0; b % 8 == 0 && i < head; i += 2)
            put_half(c, panel + i);
        if (b % 8 == 0) panel += head;
        if (l->scaling == LWI_SCALING_HALF || l->scaling == LWI_SCALING_HALF_MIN ||
            l->scaling == LWI_SCALING_HALVES)
            for (size_t i = 0; i < lwi_block_part_head(l->scaling); i += 2)
                put_half(c, panel + i);
        if (l->scaling == LWI_SCALING_POWER)
            for (size_t i = 0; i < LWI_BLOCK_ROWS; i++)
                panel[i] = (uint8_t)(118 + kc_below(c, 8));
    }
}

static void round_all(const kc_case *c, lwi_block_dot_job *j, const float *x, int8_t *a,
                      lwi_block_sums *sums) {
    for (size_t i = 0; i < j->total; i++) {
        const size_t place = lwi_block_place(j->parts, i);
        c->base->block_round(x + i * j->parts * LWI_BLOCK_PART, j->parts,
                             lwi_block_apart(j->total, i), a + place * LWI_BLOCK_PART,
                             sums + place);
    }
    j->a = a;
    j->sums = sums;
}

static void check(kc_case *c) {
    const lwi_block_dot_form form = (lwi_block_dot_form)(c->size[3] % LWI_DOT_FORMS);
    const lwi_block_layout *l = lwi_block_layouts + form;
    lwi_block_dot_job j = {.rows = c->size[0], .columns = c->size[1], .parts = c->size[2]};
    j.first = kc_below(c, 40);
    j.total = j.first + j.rows + kc_below(c, 40);
    const size_t panels = (j.columns + LWI_BLOCK_ROWS - 1) / LWI_BLOCK_ROWS;
    const size_t k = j.parts * LWI_BLOCK_PART;
    c->special = false;
    j.panel = lwi_block_panel_bytes(l, j.parts);
    uint8_t *bytes = kc_bytes(c, panels * j.panel);
    for (size_t i = 0; i < panels; i++)
        set_scales(c, l, bytes + i * j.panel, j.parts);
    j.panels = bytes;
    const float *x = kc_floats(c, j.total * k);
    round_all(c, &j, x, kc_bytes(c, j.total * k), kc_bytes(c, j.total * j.parts * sizeof *j.sums));
    if (kc_below(c, 2)) j.bias = kc_floats(c, j.columns);
    j.y_row = j.columns + kc_below(c, 4);
    const size_t y = j.rows ? (j.rows - 1) * j.y_row + j.columns : 0;
    float *got = kc_floats(c, y), *want = kc_copy(c, got, y * sizeof *got);
    j.y = want;
    c->base->block_dot(form, &j);
    j.y = got;
    c->kernels->block_dot(form, &j);
    kc_near_floats(c, "y", got, want, y, 1e-5f, 2e-4f * (float)(j.parts + 1));
}

static void run(void *arg) {
    const void *const *job = arg;
    ((const lwi_kernels *)job[0])->block_dot(*(const lwi_block_dot_form *)job[1], job[2]);
}

static void bench_form(const kc_timing *t, lwi_block_dot_form form, const char *name, size_t rows) {
    enum { COLUMNS = 512, PARTS = 64, K = PARTS * LWI_BLOCK_PART };
    static float *memory;
    if (!memory) memory = kc_bench_floats(1 << 21);
    lwi_block_dot_job j = {
        .rows = rows, .total = rows, .columns = COLUMNS, .parts = PARTS, .y_row = COLUMNS};
    j.panel = lwi_block_panel_bytes(lwi_block_layouts + form, PARTS);
    j.panels = (const uint8_t *)memory;
    j.a = (const int8_t *)(memory + (1 << 20));
    j.sums = (const lwi_block_sums *)(const void *)(memory + (1 << 20) + (1 << 17));
    j.y = memory + (1 << 20) + (1 << 18);
    const void *arg[] = {t->kernels, &form, &j};
    char label[64];
    snprintf(label, sizeof label, "%s, %zu rows", name, rows);
    if (rows == 1) kc_measure(t, label, KC_BYTES, (double)j.panel * COLUMNS / 16, run, arg);
    else kc_measure(t, label, KC_INT8, 2.0 * (double)rows * COLUMNS * K, run, arg);
}

static void bench(const kc_timing *t) {
#define LWI_BLOCK_DOT(form, low, high, scaling, zero, table, unit)                                 \
    bench_form(t, LWI_DOT_##form, #form, 1);                                                       \
    bench_form(t, LWI_DOT_##form, #form, 64);
#include "kern/block_dot.def"
#undef LWI_BLOCK_DOT
}

const kc_check kc_block_dot = {
    "block_dot", {3, 18, 3, LWI_DOT_FORMS}, {20, 70, 20, 1000}, check, bench};

/* Sizes: parts. */
static void check_round(kc_case *c) {
    const size_t parts = c->size[0], n = parts * LWI_BLOCK_PART, step = 1 + kc_below(c, 3);
    c->special = false;
    float *x = kc_floats(c, n);
    for (size_t i = 0; i < n && kc_below(c, 4) == 0; i++)
        x[i] = 0;
    int8_t *got = kc_bytes(c, n * step), *want = kc_copy(c, got, n * step);
    lwi_block_sums *sums = kc_bytes(c, parts * step * sizeof *sums);
    lwi_block_sums *expected = kc_copy(c, sums, parts * step * sizeof *sums);
    c->base->block_round(x, parts, step, want, expected);
    c->kernels->block_round(x, parts, step, got, sums);
    kc_same_bytes(c, "a", got, want, n * step);
    kc_same_bytes(c, "sums", sums, expected, parts * step * sizeof *sums);
}

const kc_check kc_block_round = {"block_round", {9}, {40}, check_round, NULL};
