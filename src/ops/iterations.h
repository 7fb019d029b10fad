/* SPDX-License-Identifier: MIT
 * Running the body of a loop again and again: what Loop, Scan and SequenceMap have in common. Some
 * of its outputs are carried over to the next iteration (the state), others are collected. */
#ifndef LWI_ITERATIONS_H
#define LWI_ITERATIONS_H

#include "ops/op.h"

typedef struct lwi_collected {
    lw_value **items;
    size_t capacity;
} lwi_collected;

typedef struct lwi_iterations {
    lwi_call *call;
    const lwi_graph *body;
    size_t n_inputs;  /* of the body, the state among them */
    size_t n_leading; /* outputs before the state: they stay in outputs[] */
    size_t n_state, n_lists;
    const lw_value **inputs; /* to be filled before each step */
    lw_value **outputs;
    lw_value **state; /* NULL before the first iteration */
    lwi_collected *lists;
    size_t n; /* iterations done */
} lwi_iterations;

/* Checks that the body has so many inputs and outputs (all after the state are collected). Call
 * lwi_iterations_close in any case. */
lw_status lwi_iterations_open(lwi_iterations *it, lwi_call *call, size_t n_inputs, size_t n_leading,
                              size_t n_state);
void lwi_iterations_close(lwi_iterations *it);
/* One iteration. Leading outputs belong to the caller afterwards. */
lw_status lwi_iterations_step(lwi_iterations *it);
/* Output i of the call becomes what list k has collected, stacked along a new axis. */
lw_status lwi_iterations_stack(const lwi_iterations *it, size_t k, size_t i, int64_t axis);

/* A tensor of one element over data, shaped as the body declares its input. */
lw_status lwi_scalar_for(const lwi_graph *body, size_t input, lw_dtype dtype, void *data,
                         lw_value *scalar);

#endif
