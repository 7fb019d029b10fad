/* SPDX-License-Identifier: MIT
 * The inner part of every float32 matrix product, convolution and attention: a block of rows of A
 * times packed panels of B.
 *
 * Tiles of a few rows and one panel keep their sums in registers. Each element of Y is summed in
 * the order of k whatever the tile, so that a result does not depend on how rows and columns were
 * cut; cutting k (`add`) does change it. */
#ifndef LWI_KERN_GEMM_F32_H
#define LWI_KERN_GEMM_F32_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Y = clamp([Y +] scale A B [+ bias] [+ plus]). Strides are in elements. */
typedef struct lwi_gemm_f32_job {
    /* Row r of A is `segments` runs of `length` elements, run s at a + r * a_row + offsets[s]; K is
     * segments * length. A plain row-major A has one run. offsets NULL: one run, at 0. */
    const float *a;
    size_t a_row;
    const int64_t *offsets;
    size_t segments, length;
    /* Panels of gemm_f32_columns columns: panel p, row k, column c is b[p * b_panel + k * b_row +
     * c]. Packed panels (pack_f32) have b_row = gemm_f32_columns; b_row 0 means that too. A
     * row-major B can be read in place with b_panel = gemm_f32_columns and b_row its row. Columns
     * past the last one are not read. */
    const float *b;
    size_t b_panel, b_row;
    float *y;
    size_t y_row;
    size_t rows, columns;
    const float *bias; /* [columns] or NULL */
    const float *plus; /* rows as Y has them, plus_row apart, or NULL */
    size_t plus_row;
    bool add;          /* to what is in Y */
    float low, high;   /* clamp; NaN stays; -INFINITY and INFINITY for none */
    float scale;       /* 0 means 1 */
    const float *then; /* what is read after B, to be fetched ahead; NULL: not known */
    /* gemm_f16.h: exponents of the rows of A, a_exponent apart, and of the columns of the first
     * panel; those of the next ones are b_panel apart. */
    const float *a_exponents, *b_exponents;
    size_t a_exponent;
} lwi_gemm_f32_job;

typedef void lwi_gemm_f32_fn(const lwi_gemm_f32_job *job);

#endif
