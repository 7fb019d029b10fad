/* SPDX-License-Identifier: MIT
 * Size: elements. Floats are small, or any bits. */
#include "kcheck.h"

static void check_one(kc_case *c, const char *name, lwi_cast_fn *fn, lwi_cast_fn *base,
                      size_t from_size, size_t to_size, bool floats) {
    const size_t n = c->size[0];
    const void *x = floats && !c->special && from_size == sizeof(float)
                        ? (void *)kc_floats(c, n)
                        : kc_bytes(c, n * from_size);
    char *got = kc_bytes(c, n * to_size), *want = kc_copy(c, got, n * to_size);
    const size_t wanted = base(x, want, n), done = fn(x, got, n);
    kc_same_bytes(c, name, &done, &wanted, sizeof done);
    if (to_size == sizeof(float) || to_size == sizeof(double)) {
        c->buffers -= 3;
        return;
    }
    kc_same_bytes(c, name, got, want, n * to_size);
    c->buffers -= 3;
}

static void check(kc_case *c) {
#define LWI_CAST(from, F, to, T, kind, y)                                                          \
    check_one(c, #from " to " #to, c->kernels->cast_##from##_##to, c->base->cast_##from##_##to,    \
              sizeof(F), sizeof(T), (F)0.5 != 0);
#include "kern/cast.def"
#undef LWI_CAST
}

enum { N = 16384 };
static float *x, *y;

static void run(void *arg) { (*(lwi_cast_fn **)arg)(x, y, N); }

static void bench(const kc_timing *t) {
    if (!x) x = kc_bench_floats(2 * N), y = kc_bench_floats(2 * N);
    lwi_cast_fn *fn;
#define LWI_CAST(from, F, to, T, kind, EXPR)                                                       \
    fn = t->kernels->cast_##from##_##to;                                                           \
    kc_measure(t, #from " to " #to ", 16384", KC_BYTES, (double)N *(sizeof(F) + sizeof(T)), run,   \
               &fn);
#include "kern/cast.def"
#undef LWI_CAST
}

const kc_check kc_cast = {"cast", {70}, {3000}, check, bench};
