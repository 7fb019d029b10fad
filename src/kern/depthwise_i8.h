/* SPDX-License-Identifier: MIT
 * Convolution of 8-bit tensors, channels last, where every channel has a filter of its own. */
#ifndef LWI_KERN_DEPTHWISE_I8_H
#define LWI_KERN_DEPTHWISE_I8_H

#include "kern/gemm_i8.h"

/* Outputs come in runs that lie one after another, as do the inputs that one tap of the filter
 * meets: output i of run r is the sum over taps t of
 *     taps[t][r * x_run + i] * w[t][i % period]
 * Within blocks of lwi_kernels.depthwise_i8_block channels, weights and all arrays are in the order
 * of the vectors that four taps are woven into: lwi_depthwise_i8_channel. */
typedef struct lwi_depthwise_i8_job {
    const uint8_t *const *taps; /* the last ones may repeat, with weights of zero */
    size_t n_taps;              /* a multiple of 4 */
    size_t x_run, runs, n;
    uint32_t flip;        /* 0x80808080: x is int8 */
    const int8_t *w;      /* [period / block][n_taps / 4][block][4] */
    size_t period;        /* a multiple of the block */
    const int32_t *start; /* [period] */
    uint8_t *y;
    size_t y_run;
    const lwi_i8_output *output; /* with scale [period], to bytes */
} lwi_depthwise_i8_job;

typedef void lwi_depthwise_i8_fn(const lwi_depthwise_i8_job *job);

/* Windows of 3 x 3 without dilation, inside the input: taps are those of the first run's window,
 * column by column, each column with a fourth tap of weight zero; x_run is the distance of two
 * columns, times the stride, which is 1 or 2. */
typedef void lwi_depthwise_3x3_i8_fn(const lwi_depthwise_i8_job *job, size_t stride);

/* The channel at a place in a block. Weaving bytes stays inside 128-bit lanes. */
static inline size_t lwi_depthwise_i8_channel(size_t block, size_t place) {
    const size_t vector = block / 4, v = place / vector, lane = place % vector / 4;
    return lane * 16 + v * 4 + place % 4;
}

#endif
