/* SPDX-License-Identifier: MIT
 * Matrix products of 8-bit tensors: what their operators share. */
#ifndef LWI_CPU_Q_MATMUL_H
#define LWI_CPU_Q_MATMUL_H

#include "backend/cpu/cpu_q_gemm.h"
#include "ops/matmul.h"

/* Made by lwi_q_matmul_prepare. */
typedef struct lwi_q_matmul {
    lwi_q_roles roles;
    lwi_matmul x;
    size_t depth, width, padded; /* k in fours, of a panel, columns to the end of a panel */
    const void *packed;          /* NULL: B is packed in each run */
    bool fixed;                  /* columns and start hold for all runs */
    lwi_q_columns columns;
} lwi_q_matmul;

/* Whether these kernels can do the call: 8-bit B, scales that do not change along rows. */
bool lwi_q_matmul_fits(const lwi_call *call, const lwi_q_roles *roles);
lw_status lwi_q_matmul_prepare(lwi_call *call, const lwi_q_roles *roles);
/* a: bytes of the left side, uint8 if given is not NULL, which then has its scale and zero point.
 */
lw_status lwi_q_matmul_run(lwi_call *call, const uint8_t *a, const lwi_q_given *given);
/* DynamicQuantizeLinear: y may be NULL. */
lw_status lwi_q_dynamic(lwi_call *call, const float *x, size_t n, uint8_t *y, lwi_q_given *given);

#endif
