/* SPDX-License-Identifier: MIT
 * Sizes: numbers. Any bits, at any address. */
#include "base/q8_row.h"
#include "kcheck.h"

static void check_with(kc_case *c, size_t bytes, lwi_widen_f32_fn *base, lwi_widen_f32_fn *kernel) {
    const size_t n = c->size[0];
    const uint8_t *from = kc_bytes(c, bytes);
    float *got = kc_floats(c, n), *want = kc_copy(c, got, n * sizeof *got);
    base(from, n, want);
    kernel(from, n, got);
    kc_same_floats(c, "y", got, want, n, 0);
}

static void check(kc_case *c) {
    const size_t n = c->size[0];
    check_with(c, 2 * n, c->base->widen_f16, c->kernels->widen_f16);
    check_with(c, 2 * n, c->base->widen_bf16, c->kernels->widen_bf16);
    check_with(c, lwi_q8_row_bytes(n), c->base->widen_q8, c->kernels->widen_q8);
    const float *from = kc_bytes(c, n * sizeof *from);
    uint16_t *got = kc_bytes(c, n * sizeof *got), *want = kc_copy(c, got, n * sizeof *got);
    c->base->narrow_f16(from, n, want);
    c->kernels->narrow_f16(from, n, got);
    kc_same_bytes(c, "float16", got, want, n * sizeof *got);
}

const kc_check kc_widen_f32 = {"widen_f32", {40}, {500}, check, NULL};
