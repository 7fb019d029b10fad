/* SPDX-License-Identifier: MIT
 * What the kernels for products of 8-bit tensors share: the numbers that belong to the columns of
 * a product, from scales, zero points and biases. */
#ifndef LWI_CPU_QUANT_H
#define LWI_CPU_QUANT_H

#include "backend/cpu/cpu_backend.h"
#include "ops/qlinear.h"

enum { LWI_NO_INPUT = -1 };

/* Which inputs of the call say what; LWI_NO_INPUT where there is none. */
typedef struct lwi_q_roles {
    int a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero;
    int bias;   /* int32, added to sums */
    int addend; /* float32, added to the result */
} lwi_q_roles;

typedef struct lwi_q_columns {
    int32_t *start, *zero_b;
    float *scale, *addend;
    bool zeros; /* some zero_b is not 0: sums over the rows of A are needed */
    lwi_i8_output output;
} lwi_q_columns;

/* A scale and a zero point that the call has no inputs for (DynamicQuantizeMatMul). */
typedef struct lwi_q_given {
    float scale;
    int32_t zero;
} lwi_q_given;

/* Types are 8 bits, per-row scales are not asked for, and scales and zero points of B and biases
 * have one element or `columns` of them. */
bool lwi_q_fits(const lwi_call *call, const lwi_q_roles *roles, size_t columns);
/* All that the columns depend on is constant, but maybe for the zero point of A. */
bool lwi_q_is_fixed(const lwi_call *call, const lwi_q_roles *roles, bool zero_too);
/* Bytes for the arrays of `padded` columns. */
size_t lwi_q_columns_bytes(size_t padded);
/* memory: zeroed, lwi_q_columns_bytes. Fills all but start. given: NULL where inputs say it. */
lw_status lwi_q_columns_make(const lwi_call *call, const lwi_q_roles *roles,
                             const lwi_q_given *given, size_t columns, size_t padded, void *memory,
                             lwi_q_columns *made);
/* start, from sums over k packed numbers of each column of B; columns [first, first + n) of all. */
lw_status lwi_q_start(const lwi_call *call, const lwi_q_roles *roles, const lwi_q_given *given,
                      const lwi_q_columns *columns, size_t k, const int32_t *sums, size_t first,
                      size_t n, int32_t *start);
/* [batch, columns, rows] from [batch, rows, columns] (cpu_q_turn.c). */
void lwi_q_turn(const lwi_call *call, const uint8_t *x, size_t batch, size_t rows, size_t columns,
                uint8_t *y);
static inline bool lwi_is_8_bits(lw_dtype dtype) { return dtype == LW_INT8 || dtype == LW_UINT8; }
static inline uint32_t lwi_q_flip(lw_dtype dtype) { return dtype == LW_INT8 ? 0x80808080u : 0; }
/* Of A for gemm_i8. */
static inline uint32_t lwi_q_gemm_flip(lw_dtype dtype) {
    return lwi_q_flip(dtype) ^ (lwi_cpu_kernels()->gemm_i8_signed ? 0x80808080u : 0);
}
/* Numbers of a run of A, which B has zeros behind, as packed. */
static inline size_t lwi_q_whole_steps(size_t length) {
    const size_t step = lwi_cpu_kernels()->gemm_i8_step;
    return (length + step - 1) / step * step;
}

#endif
