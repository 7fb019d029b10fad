/* SPDX-License-Identifier: MIT
 * Many 8-bit products with packed B, shared out over threads. */
#ifndef LWI_CPU_Q_GEMM_H
#define LWI_CPU_Q_GEMM_H

#include "backend/cpu/cpu_quant.h"

/* A batch of `lines` products, all with `rows` rows and the same k: line i reads its A where
 * `locate` says. Rows of one line lie a_row bytes and y_row elements apart. */
typedef struct lwi_q_gemm {
    lwi_gemm_i8_job
        job; /* what all have in common: offsets, segments, length, flip, a_row, y_row */
    size_t lines;
    const void *arg;
    /* Sets a, b, start and y, and returns the index of the line's first column in the other arrays:
     * zero_b, and those of the output. */
    size_t (*locate)(const void *arg, size_t line, lwi_gemm_i8_job *job);
    int32_t *row_sums; /* [lines * rows] memory, if sums are needed; else NULL */
} lwi_q_gemm;

void lwi_q_gemm_run(const lwi_call *call, const lwi_q_gemm *gemm);

/* B as packed: panels, then int32 sums of padded columns. */
typedef struct lwi_q_packed {
    const int8_t *panels;
    const int32_t *sums;
} lwi_q_packed;
size_t lwi_q_panel_bytes(size_t depth);
size_t lwi_q_packed_bytes(size_t depth, size_t columns);
/* sums lie behind the panels. */
lwi_q_packed lwi_q_packed_at(const void *memory, size_t depth, size_t columns);
/* b: element (k, n) at offsets[k] + n * column. memory: lwi_q_packed_bytes, aligned to 64. */
void lwi_q_pack(const uint8_t *b, lw_dtype dtype, const int64_t *offsets, size_t depth,
                size_t column, size_t columns, void *memory);

#endif
