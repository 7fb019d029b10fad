/* SPDX-License-Identifier: MIT
 * A pointwise program: instructions (base/pointwise.def) on float32 numbers, evaluated for each
 * element of the output by itself. Passes write it into two attributes of a node:
 *     program    4 integers per instruction: code, and operands a, b, c (what is not used is 0).
 *                Operand k < 0 is constants[-1 - k], k < inputs is input k of the program, and
 *                higher ones are results of instructions before.
 *     constants  floats
 * The result of the last instruction is the output. lampwick.Pointwise is such a program; as the
 * epilogue of a product, input 0 is what the product gives. */
#ifndef LWI_POINTWISE_PROGRAM_H
#define LWI_POINTWISE_PROGRAM_H

#include "base/pointwise.h"
#include "ops/op.h"

enum { LWI_PROGRAM_INPUTS = 8, LWI_PROGRAM_STEPS = 32, LWI_PROGRAM_CONSTANTS = 32 };

typedef struct lwi_program_step {
    lwi_pointwise_code code;
    int operands[3]; /* as in the attribute */
} lwi_program_step;

typedef struct lwi_program {
    size_t n_inputs, n_steps, n_constants; /* no steps: the output is input 0 */
    lwi_program_step steps[LWI_PROGRAM_STEPS];
    float constants[LWI_PROGRAM_CONSTANTS];
} lwi_program;

/* Operands of an instruction: 1 to 3. */
size_t lwi_pointwise_operands(lwi_pointwise_code code);
/* The result of one instruction. */
float lwi_pointwise_value(lwi_pointwise_code code, float a, float b, float c);
/* Reads and checks the attributes of a node whose program has n_inputs inputs. A node without the
 * attributes has no steps. */
lw_status lwi_program_read(const lwi_node *node, size_t n_inputs, lwi_program *program);
/* Evaluates the program for one element. */
float lwi_program_value(const lwi_program *program, const float *inputs);

#endif
