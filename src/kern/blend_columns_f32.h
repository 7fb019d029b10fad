/* SPDX-License-Identifier: MIT
 * Elements of a row that are weighted means of elements of another row, wherever they lie there. */
#ifndef LWI_KERN_BLEND_COLUMNS_F32_H
#define LWI_KERN_BLEND_COLUMNS_F32_H

#include <stddef.h>
#include <stdint.h>

/* Outputs come in blocks of B = blend_columns_f32_block (kernels.def). */
typedef struct lwi_blend_columns_f32_job {
    size_t n, taps;
    /* [blocks, taps, B], zeros beyond n: output i of block b is the sum of weights[b, t, i] *
     * x[starts[b] + index[b, t, i]] over t. weights NULL: one tap, which is copied. */
    const int32_t *index;
    const float *weights;
    /* [blocks]; a block whose index is below 2 B everywhere is near: then x[starts[b]] to
     * x[starts[b] + 2 B - 1] can be read. */
    const int32_t *starts;
    const uint8_t *near;
} lwi_blend_columns_f32_job;

typedef void lwi_blend_columns_f32_fn(const lwi_blend_columns_f32_job *job, const float *x,
                                      float *y);

#endif
