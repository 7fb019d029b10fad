/* SPDX-License-Identifier: MIT
 * kcheck compares every kernel of src/kern/kernels.def, at every level that this processor has,
 * with the version for the level base, and measures it. A family of kernels has one file that
 * defines a kc_check and one line in checks.def. */
#ifndef KCHECK_H
#define KCHECK_H

#include "kern/kernels.h"

enum { KC_DIMS = 4 };

/* One comparison: sizes are chosen, the rest (strides, options) is up to the check, from random
 * numbers. */
typedef struct kc_case {
    const lwi_kernels *kernels, *base; /* to be checked; to compare with */
    size_t size[KC_DIMS];
    bool special; /* inputs contain NaN and infinities */
    uint64_t random;
    size_t buffers; /* in use */
} kc_case;

typedef struct kc_timing {
    const lwi_kernels *kernels;
    const char *level;
    const char *name; /* of the check */
} kc_timing;

typedef struct kc_check {
    const char *name;
    /* For each size, all of [0, small] and random ones of [1, large]; small 0: the case has fewer
     * sizes. */
    size_t small[KC_DIMS], large[KC_DIMS];
    void (*check)(kc_case *c);
    void (*bench)(const kc_timing *t); /* may be NULL */
} kc_check;

/* ----------------------------------------------------------------- buffers */

/* A number below n. */
size_t kc_below(kc_case *c, size_t n);
/* Bytes between two pages that cannot be touched; right before the second or right after the
 * first. Contents are random bytes. */
void *kc_bytes(kc_case *c, size_t n);
/* Any bytes, or those with the largest products. */
uint8_t *kc_wide_bytes(kc_case *c, size_t n);
/* Floats of [-1, 1], in a special case with some NaN and infinities. */
float *kc_floats(kc_case *c, size_t n);
/* A second buffer with the same contents. */
void *kc_copy(kc_case *c, const void *from, size_t bytes);

/* got[i] and want[i] are equal, both NaN, or differ by at most `most`. Compare whole buffers that
 * started alike: what is outside of the result must not change. */
void kc_same_floats(const kc_case *c, const char *what, const float *got, const float *want,
                    size_t n, float most);
void kc_same_bytes(const kc_case *c, const char *what, const void *got, const void *want, size_t n);
/* The same with a difference of at most `relative` times the larger one, plus `most`. */
void kc_near_floats(const kc_case *c, const char *what, const float *got, const float *want,
                    size_t n, float relative, float most);

/* -------------------------------------------------------------- benchmarks */

typedef enum kc_unit { KC_F32, KC_BF16, KC_F16, KC_INT8, KC_BYTES } kc_unit;

/* Measures run(arg), which does `work` operations (a multiplication and an addition are two) or
 * moves so many bytes, and prints a line with its share of the measured peak. */
void kc_measure(const kc_timing *t, const char *label, kc_unit unit, double work,
                void (*run)(void *arg), void *arg);
/* Memory for benchmarks, filled with floats of [-1, 1]; never freed. */
float *kc_bench_floats(size_t n);
/* Operations a nanosecond, or bytes a nanosecond, of this core at a level. */
double kc_peak(kc_unit unit, lwi_isa level);

#endif
