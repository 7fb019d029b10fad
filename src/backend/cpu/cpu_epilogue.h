/* SPDX-License-Identifier: MIT
 * The program of a fused product (ops/epilogue.h) for backends: applied to each block of the
 * output as soon as it is finished, while it is in the cache.
 *
 *     prepare:  lwi_epilogue_prepare(call, own_inputs, &mine->epilogue);
 *     run:      lwi_epilogue_apply(&mine->epilogue, call, y, y_row, row, column, rows, columns);
 *               unless lwi_epilogue_join made it part of the product
 *
 * The output is seen as a matrix: its last dimension is the columns, all others are rows. Clamping
 * to the attributes low and high is left to the product, which does it when it stores. */
#ifndef LWI_CPU_EPILOGUE_H
#define LWI_CPU_EPILOGUE_H

#include "backend/cpu/block_program.h"
#include "kern/gemm_f32.h"

typedef struct lwi_epilogue {
    bool active; /* false: there is no program */
    size_t own_inputs;
    lwi_block_program program;
    int rank; /* of the rows, at least 1, after merging what all operands walk through alike */
    size_t dims[LW_MAX_RANK];
    size_t strides[LWI_PROGRAM_INPUTS][LW_MAX_RANK]; /* of operands, in elements */
    uint32_t repeats; /* bit k: operand k has one element for all columns of a row */
    bool sum;         /* the program adds its one operand, whose rows are equally far apart, ... */
    float low, high;  /* ... and clamps the sum */
} lwi_epilogue;

/* Types and shapes of inputs and output 0 are known. */
lw_status lwi_epilogue_prepare(const lwi_call *call, size_t own_inputs, lwi_epilogue *epilogue);
/* Applies it to rows x columns elements at y (rows y_row elements apart), which are those from
 * (row, column) on of the output. May be called by several threads for different blocks; what an
 * element becomes does not depend on the blocks. Nothing happens if it is not active. */
void lwi_epilogue_apply(const lwi_epilogue *epilogue, const lwi_call *call, float *y, size_t y_row,
                        size_t row, size_t column, size_t rows, size_t columns);

/* Where the program is a sum, the kernel does it for a job whose Y begins at (row, column) of the
 * output: one pass over Y less, and the same bits. false: it is not one. */
bool lwi_epilogue_join(const lwi_epilogue *epilogue, const lwi_call *call, size_t row,
                       size_t column, lwi_gemm_f32_job *job);

#endif
