/* SPDX-License-Identifier: MIT
 * A pointwise program (ops/pointwise_program.h) made ready to run over blocks of rows
 * (kern/pointwise_f32.h): each intermediate result has its buffer. Blocks are small, so that
 * buffers stay in the first-level cache. */
#ifndef LWI_BLOCK_PROGRAM_H
#define LWI_BLOCK_PROGRAM_H

#include "kern/pointwise_f32.h"
#include "ops/pointwise_program.h"

enum {
    /* of all buffers together, in floats: two thirds of a first-level cache of 48 KiB */
    LWI_BLOCK_WORK = 8192,
    /* lanes: inputs, then constants, then buffers */
    LWI_BLOCK_LANES = LWI_PROGRAM_INPUTS + LWI_PROGRAM_CONSTANTS + LWI_PROGRAM_STEPS
};

typedef struct lwi_block_step {
    lwi_pointwise_code code;
    uint8_t repeats;     /* bit k: operand k has one element per row */
    uint8_t operands[3]; /* lanes */
    uint8_t buffer;      /* number of the buffer that the result goes to */
} lwi_block_step;

typedef struct lwi_block_program {
    size_t n_inputs, n_constants, n_steps, n_buffers;
    size_t capacity; /* the largest number of elements of a block, and of a buffer */
    lwi_block_step steps[LWI_PROGRAM_STEPS]; /* the last one writes the output */
    float constants[LWI_PROGRAM_CONSTANTS];
} lwi_block_program;

/* Bit k of repeats: input k has one element per row. The program has at least one step. Behind its
 * own buffers the work memory has room for `spare` more. */
void lwi_block_compile(const lwi_program *program, uint32_t repeats, size_t spare,
                       lwi_block_program *block);
/* The first spare buffer in the work memory; the others follow. */
static inline float *lwi_block_spare(const lwi_block_program *block, float *work) {
    return work + block->n_buffers * block->capacity;
}
/* Computes a block of at most `capacity` elements: inputs are lanes of the same rows, work has
 * LWI_BLOCK_WORK floats. y may lie on an input that has the same rows. */
void lwi_block_run(const lwi_block_program *block, const lwi_lane *inputs, float *y, size_t y_row,
                   size_t rows, size_t columns, float *work);

#endif
