/* SPDX-License-Identifier: MIT */
#ifndef KC_GEMM_RUNS_H
#define KC_GEMM_RUNS_H

#include "kcheck.h"

/* Draws the offsets of A's runs, for segments and length that are set. Returns how long a row is.
 */
static inline size_t kc_gemm_runs(kc_case *c, lwi_gemm_f32_job *j) {
    int64_t *offsets = kc_bytes(c, j->segments * sizeof *offsets);
    const size_t gap = kc_below(c, 3);
    for (size_t s = 0; s < j->segments; s++)
        offsets[s] = (int64_t)(s * (j->length + gap));
    j->offsets = j->segments == 1 && kc_below(c, 2) ? NULL : offsets;
    return j->segments ? (size_t)offsets[j->segments - 1] + j->length : 0;
}

#endif
