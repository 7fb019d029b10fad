/* SPDX-License-Identifier: MIT
 * Arithmetic on sizes that come from files: false on overflow, result untouched. Files have 64 bits
 * for a size; a size_t may have 32. */
#ifndef LWI_CHECKED_H
#define LWI_CHECKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool lwi_add_size(uint64_t a, uint64_t b, size_t *sum) {
    size_t s;
    if (__builtin_add_overflow(a, b, &s)) return false;
    *sum = s;
    return true;
}

static inline bool lwi_mul_size(uint64_t a, uint64_t b, size_t *product) {
    size_t p;
    if (__builtin_mul_overflow(a, b, &p)) return false;
    *product = p;
    return true;
}

static inline bool lwi_add_i64(int64_t a, int64_t b, int64_t *sum) {
    int64_t s;
    if (__builtin_add_overflow(a, b, &s)) return false;
    *sum = s;
    return true;
}

static inline bool lwi_mul_i64(int64_t a, int64_t b, int64_t *product) {
    int64_t p;
    if (__builtin_mul_overflow(a, b, &p)) return false;
    *product = p;
    return true;
}

/* Where part i begins if n things are cut into parts whose sizes differ by at most one. */
static inline size_t lwi_part_begin(size_t n, size_t i, size_t parts) {
    return (size_t)((uint64_t)n * i / parts);
}

/* offset + length lies within size */
static inline bool lwi_within(uint64_t offset, uint64_t length, size_t size) {
    return offset <= size && length <= size - offset;
}

#endif
