/* SPDX-License-Identifier: MIT
 * The inner loops of reductions, by kind and element type. */
#ifndef LWI_REDUCE_STEPS_H
#define LWI_REDUCE_STEPS_H

#include "ops/op.h"

typedef enum lwi_reduce_kind {
    LWI_REDUCE_SUM,
    LWI_REDUCE_MEAN,
    LWI_REDUCE_LOG_SUM,
    LWI_REDUCE_L1,
    LWI_REDUCE_L2,
    LWI_REDUCE_SUM_SQUARE,
    LWI_REDUCE_PROD,
    LWI_REDUCE_MAX,
    LWI_REDUCE_MIN,
    LWI_REDUCE_LOG_SUM_EXP,
    LWI_REDUCE_KINDS
} lwi_reduce_kind;

/* f for floating point; u for integers, signed ones in two's complement. */
typedef union lwi_accumulator {
    double f;
    uint64_t u;
} lwi_accumulator;

typedef struct lwi_reduce_steps {
    lwi_accumulator start;
    /* Adds n neighbouring elements to *acc. */
    void (*row)(const void *x, size_t n, double shift, lwi_accumulator *acc);
    /* Adds column i of n, which has `rows` elements that are `stride` apart, to acc[i]. */
    void (*columns)(const void *x, size_t rows, size_t stride, size_t n, const double *shift,
                    lwi_accumulator *acc);
    /* Turns n accumulators, each of `size` elements, into elements of the output. */
    void (*finish)(const lwi_accumulator *acc, size_t n, size_t size, const double *shift, void *y);
} lwi_reduce_steps;

/* The type is one that LWI_WIDEN leaves, or bool. */
const lwi_reduce_steps *lwi_reduce_steps_for(lwi_reduce_kind kind, lw_dtype dtype);

#endif
