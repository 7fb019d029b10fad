/* SPDX-License-Identifier: MIT
 * Steps of recurrent layers: a state S [rows, columns] takes in one token. Operators describe them
 * so, and kernels compute them. */
#ifndef LWI_STATE_STEP_H
#define LWI_STATE_STEP_H

#include <stddef.h>

/* Row p: S = keep[p * keep_step] S + a[p] x + b[p] z; then y = sum of read[p] S over the rows. */
typedef struct lwi_state_update {
    size_t rows, columns;
    float *state;
    const float *keep;
    size_t keep_step;   /* 0: one for all rows */
    const float *a, *x; /* [rows], [columns] */
    const float *b, *z; /* likewise; z may be NULL */
    const float *read;  /* [rows] */
    float *y;           /* [columns]; NULL: not wanted */
} lwi_state_update;

/* Row p: S = exp(step decay) S + a[p] x, element by element; then y as above. */
typedef struct lwi_state_scan {
    size_t rows, columns;
    float *state;
    const float *step;  /* [columns] */
    const float *decay; /* [rows], decay_row apart */
    size_t decay_row;
    const float *a, *x, *read; /* [rows], [columns], [rows] */
    float *y;                  /* [columns] */
} lwi_state_scan;

#endif
