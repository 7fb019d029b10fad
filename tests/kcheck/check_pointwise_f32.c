/* SPDX-License-Identifier: MIT
 * Sizes: rows, columns. Every instruction with every set of repeating operands. */
#include <stdio.h>

#include "kcheck.h"

static const struct instruction {
    const char *name;
    unsigned operands;
} INSTRUCTIONS[] = {
#define LWI_POINTWISE(name, operands, result) {#name, operands},
#include "base/pointwise.def"
#undef LWI_POINTWISE
};

/* Rounding decides in these whether two versions agree. */
static bool is_steep(lwi_pointwise_code code) {
    return code == LWI_POINTWISE_cube || code == LWI_POINTWISE_celu;
}

static void check_one(kc_case *c, lwi_pointwise_code code, unsigned repeats) {
    const size_t rows = c->size[0], columns = c->size[1], used = c->buffers;
    lwi_lane o[3];
    for (unsigned k = 0; k < 3; k++) {
        const bool same_row = kc_below(c, 3) == 0, repeat = repeats >> k & 1;
        const size_t n = repeat ? 1 : columns, row = same_row ? 0 : n + kc_below(c, 2);
        const size_t count = rows ? (rows - 1) * row + n : 0;
        float *x = kc_floats(c, count);
        for (size_t i = 0; i < count; i++)
            x[i] *= 4;
        o[k] = (lwi_lane){x, row};
    }
    const size_t y_row = columns + kc_below(c, 2), count = rows * y_row;
    float *got = kc_floats(c, count), *want = kc_copy(c, got, count * sizeof *got);
    if (rows && columns) {
        c->kernels->pointwise_f32(code, repeats, got, y_row, o, rows, columns);
        c->base->pointwise_f32(code, repeats, want, y_row, o, rows, columns);
    }
    const float relative = is_steep(code) ? 1e-5f : 2e-6f;
    kc_near_floats(c, INSTRUCTIONS[code].name, got, want, count, relative, 2e-6f);
    c->buffers = used;
}

static void check(kc_case *c) {
    const lwi_pointwise_code code = (lwi_pointwise_code)kc_below(c, LWI_POINTWISE_CODES);
    check_one(c, code, (unsigned)kc_below(c, 1u << INSTRUCTIONS[code].operands));
}

enum { N = 1024 };
static float *x, *y;

typedef struct timed {
    lwi_pointwise_f32_fn *compute;
    lwi_pointwise_code code;
} timed;

static void run(void *arg) {
    const timed *t = arg;
    const lwi_lane o[3] = {{x, N}, {x + N, N}, {x + 2 * N, N}};
    t->compute(t->code, 0, y, N, o, 1, N);
}

static void bench(const kc_timing *t) {
    if (!x) x = kc_bench_floats(3 * N), y = kc_bench_floats(N);
    for (int code = 0; code < LWI_POINTWISE_CODES; code++) {
        timed one = {t->kernels->pointwise_f32, (lwi_pointwise_code)code};
        char label[64];
        snprintf(label, sizeof label, "%s of 1024", INSTRUCTIONS[code].name);
        kc_measure(t, label, KC_BYTES, (double)(N * (INSTRUCTIONS[code].operands + 1)) * sizeof *x,
                   run, &one);
    }
}

const kc_check kc_pointwise_f32 = {"pointwise_f32", {40, 70}, {60, 700}, check, bench};
