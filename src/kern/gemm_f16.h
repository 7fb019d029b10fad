/* SPDX-License-Identifier: MIT
 * Products of floats rounded to float16, for processors that multiply float16 in half the time of
 * float32. Rows of A and columns of B are divided by powers of two first, so that the largest
 * finite number of each lies in [16, 32): 48 products cannot overflow then. Sums of 24 products are
 * made in float16, two of them are added in float16, and what comes out is added in float32. The
 * powers are multiplied in again before anything else happens to a sum.
 *
 * With e = 2^-11 (half a unit of the last place of float16), the error of an element of Y is at
 * most 27 e times the sum of |a b|: 2 e for rounding a and b, and one e for each sum that a product
 * is part of; for each k, 2^-27 times the largest |a| and |b| of the row and column comes to that.
 * For random factors it is about a third of that of gemm_bf16.h.
 *
 * NaN and infinity come out as in float32. A number that is less than 2^-29 of the largest in its
 * row or column becomes the smallest of float16, so that it times infinity is infinity. */
#ifndef LWI_KERN_GEMM_F16_H
#define LWI_KERN_GEMM_F16_H

#include "kern/gemm_f32.h"

enum {
    LWI_F16_COLUMNS = 32, /* of a panel */
    LWI_F16_CHUNK = 24,   /* products that are summed in float16 */
};

/* Floats that k rows of a panel take: 32 float16 numbers each, */
static inline size_t lwi_f16_rows(size_t k) { return k * (LWI_F16_COLUMNS / 2); }
/* and those of a whole panel, behind whose k rows the exponents of the columns stand. */
static inline size_t lwi_f16_panel(size_t k) { return lwi_f16_rows(k) + LWI_F16_COLUMNS; }

/* The job is that of gemm_f32.h with a_exponents, b_exponents; rows of A are as lwi_double_f16_fn
 * makes them, b_row is 0, all of the last panel can be read. Sums in float16 begin anew with each
 * segment. */
typedef lwi_gemm_f32_fn lwi_gemm_f16_fn;

/* The x with which the largest finite number of n is in [2^(x + 4), 2^(x + 5)); 0 if all are 0. */
typedef float lwi_exponent_f16_fn(const float *a, size_t n);

/* y[i] = a[i] / 2^exponent rounded to float16, twice in the memory of a float. */
typedef void lwi_double_f16_fn(const float *a, size_t n, float exponent, float *y);

/* Element (i, j) of k x n floats, at b[i * row + j * column], times factors[j] (NULL: 1) goes to
 * panel j / 32, row i, column j % 32; panels are `panel` floats apart, their exponents stand behind
 * k rows. What the last panel has beyond n is zero. b need not be aligned. */
typedef void lwi_pack_f16_fn(const float *b, size_t row, size_t column, size_t k, size_t n,
                             const float *factors, float *panels, size_t panel);

#endif
