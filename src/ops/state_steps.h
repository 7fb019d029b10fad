/* SPDX-License-Identifier: MIT
 * What operators with state do to one state S [rows, columns] for one token. A backend may have
 * faster functions for it. */
#ifndef LWI_STATE_STEPS_H
#define LWI_STATE_STEPS_H

#include "ops/op.h"

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

typedef struct lwi_state_steps {
    /* y = sum of weights[p] S over the rows */
    void (*sum)(const float *state, size_t rows, size_t columns, const float *weights, float *y);
    void (*update)(const lwi_state_update *u);
    void (*scan)(const lwi_state_scan *s);
} lwi_state_steps;

extern const lwi_state_steps lwi_plain_state_steps;

/* The operators' runs with other steps. */
lw_status lwi_gated_delta_run(lwi_call *call, const lwi_state_steps *steps);
lw_status lwi_selective_scan_run(lwi_call *call, const lwi_state_steps *steps);
lw_status lwi_wkv6_run(lwi_call *call, const lwi_state_steps *steps);
lw_status lwi_wkv7_run(lwi_call *call, const lwi_state_steps *steps);

#endif
