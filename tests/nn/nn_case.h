/* SPDX-License-Identifier: MIT
 * A case of tests/torch/nn_cases.py: a call of a function of lampwick/nn.h. */
#ifndef NN_CASE_H
#define NN_CASE_H

#include "../aten/aten_case.h"
#include "lampwick/nn.h"

typedef struct nn_case {
    aten_case base; /* op is the function's name */
    lw_nn *nn;
    bool immediate;              /* tensors are constants, not inputs */
    lw_array *made[MAX_TENSORS]; /* of the case's tensors */
    lw_array *results[MAX_TENSORS];
    const char *names[MAX_TENSORS];
    size_t n_results;
} nn_case;

typedef struct nn_function {
    const char *name;
    lw_array *(*call)(nn_case *c);
} nn_function;

extern const nn_function nn_functions[];
extern const size_t n_nn_functions;

/* The case's tensor as an input or constant. */
lw_array *nn_case_input(nn_case *c, size_t i);

#endif
