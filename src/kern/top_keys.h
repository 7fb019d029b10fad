/* SPDX-License-Identifier: MIT
 * Finding the greatest of many numbers: greatest ones of parts of a row say what a number must
 * exceed to be among the k greatest, which few then do. */
#ifndef LWI_KERN_TOP_KEYS_H
#define LWI_KERN_TOP_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* keys[i] in the order of x, or the reverse one; -0 is 0, NaN counts as larger than all numbers. */
typedef void lwi_top_keys_f32_fn(const float *x, size_t n, bool reverse, int32_t *keys);

/* maxima[j] is the greatest keys[j + i * width]; width is a multiple of 16, at most n. */
typedef void lwi_top_maxima_i32_fn(const int32_t *keys, size_t n, size_t width, int32_t *maxima);
typedef void lwi_top_maxima_i64_fn(const int64_t *keys, size_t n, size_t width, int64_t *maxima);

/* The places, least first, of keys above limit; returns how many there are. places has room for
 * n. */
typedef size_t lwi_top_above_i32_fn(const int32_t *keys, size_t n, int32_t limit, uint32_t *places);
typedef size_t lwi_top_above_i64_fn(const int64_t *keys, size_t n, int64_t limit, uint32_t *places);

#endif
