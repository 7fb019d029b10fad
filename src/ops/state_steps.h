/* SPDX-License-Identifier: MIT
 * What operators with state do to one state S [rows, columns] for one token. A backend may have
 * faster functions for it. */
#ifndef LWI_STATE_STEPS_H
#define LWI_STATE_STEPS_H

#include "base/state_step.h"
#include "ops/op.h"

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
