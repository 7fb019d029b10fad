/* SPDX-License-Identifier: MIT
 * Size: elements of a row. */
#include "kcheck.h"

/* Few different keys, so that some are equal; the least and the greatest are among them. */
#define DRAW(BITS)                                                                                 \
    static int##BITS##_t *draw_i##BITS(kc_case *c, size_t n) {                                     \
        int##BITS##_t *keys = kc_bytes(c, n * sizeof *keys);                                       \
        for (size_t i = 0; i < n; i++) {                                                           \
            const size_t r = kc_below(c, 40);                                                      \
            keys[i] = r == 0   ? INT##BITS##_MIN                                                   \
                      : r == 1 ? INT##BITS##_MAX                                                   \
                               : ((int##BITS##_t)r - 20) * ((int##BITS##_t)1 << (BITS / 2));       \
        }                                                                                          \
        return keys;                                                                               \
    }
DRAW(32)
DRAW(64)

#define CHECK(BITS)                                                                                \
    static void check_i##BITS(kc_case *c, size_t n) {                                              \
        const int##BITS##_t *keys = draw_i##BITS(c, n);                                            \
        const int##BITS##_t limit = n ? keys[kc_below(c, n)] : 0;                                  \
        uint32_t *got = kc_bytes(c, n * sizeof *got), *want = kc_copy(c, got, n * sizeof *got);    \
        const size_t found = c->base->top_above_i##BITS(keys, n, limit, want);                     \
        const size_t also = c->kernels->top_above_i##BITS(keys, n, limit, got);                    \
        kc_same_bytes(c, "how many are above", &also, &found, sizeof found);                       \
        kc_same_bytes(c, "those above", got, want, n * sizeof *got);                               \
        if (n < 16) return;                                                                        \
        const size_t width = 16 * (1 + kc_below(c, n / 16));                                       \
        int##BITS##_t *most = kc_bytes(c, width * sizeof *most);                                   \
        int##BITS##_t *same = kc_copy(c, most, width * sizeof *most);                              \
        c->base->top_maxima_i##BITS(keys, n, width, same);                                         \
        c->kernels->top_maxima_i##BITS(keys, n, width, most);                                      \
        kc_same_bytes(c, "maxima", most, same, width * sizeof *most);                              \
    }
CHECK(32)
CHECK(64)

static void check(kc_case *c) {
    const size_t n = c->size[0];
    check_i32(c, n);
    check_i64(c, n);
    const float *x = kc_floats(c, n);
    const bool reverse = kc_below(c, 2);
    int32_t *got = kc_bytes(c, n * sizeof *got), *want = kc_copy(c, got, n * sizeof *got);
    c->base->top_keys_f32(x, n, reverse, want);
    c->kernels->top_keys_f32(x, n, reverse, got);
    kc_same_bytes(c, "keys", got, want, n * sizeof *got);
}

enum { N = 8192 };
static int32_t *keys, *maxima;

typedef struct row {
    const lwi_kernels *kernels;
} row;

static void run_maxima(void *arg) { ((row *)arg)->kernels->top_maxima_i32(keys, N, 256, maxima); }

static void run_above(void *arg) {
    ((row *)arg)->kernels->top_above_i32(keys, N, INT32_MAX, (uint32_t *)maxima);
}

static void bench(const kc_timing *t) {
    if (!keys) keys = (int32_t *)kc_bench_floats(N), maxima = (int32_t *)kc_bench_floats(N);
    row r = {t->kernels};
    kc_measure(t, "maxima of 8192", KC_BYTES, (double)N * sizeof *keys, run_maxima, &r);
    kc_measure(t, "none above of 8192", KC_BYTES, (double)N * sizeof *keys, run_above, &r);
}

const kc_check kc_top_keys = {"top_keys", {130}, {3000}, check, bench};
