/* SPDX-License-Identifier: MIT
 * What fused products (lampwick.Conv, lampwick.MatMul ...) do to their result before they store it:
 * clamp it to the attributes low and high (NaN stays), then run the program of the attributes
 * program and constants (pointwise_program.h) on it, if there is one. Input 0 of the program is the
 * result, the others are the node's inputs that follow its own ones, broadcast to the output. */
#ifndef LWI_EPILOGUE_H
#define LWI_EPILOGUE_H

#include "ops/pointwise_program.h"

/* In check: own_inputs is the number of inputs that the product itself can have. */
lw_status lwi_epilogue_check(const lwi_node *node, size_t own_inputs);
/* In infer, after output 0 was declared: checks the operands' shapes. */
lw_status lwi_epilogue_infer(lwi_call *call, size_t own_inputs);
/* The reference: applies it to output 0. */
lw_status lwi_epilogue_run(lwi_call *call, size_t own_inputs);
/* The program, whose inputs are the result and the operands. */
lw_status lwi_epilogue_read(const lwi_node *node, size_t own_inputs, lwi_program *program);

#endif
