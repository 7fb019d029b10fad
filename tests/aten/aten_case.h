/* SPDX-License-Identifier: MIT
 * Cases of tests/torch/aten_cases.py: the arguments of a call of an operator, and PyTorch's answer.
 */
#ifndef ATEN_CASE_H
#define ATEN_CASE_H

#include "aten/aten.h"
#include "base/json_read.h"

enum { MAX_TENSORS = 64 };

typedef struct aten_case {
    lwi_arena memory;
    const lwi_json_item *line;
    const char *op;                /* "add.Tensor" */
    char name[64], overload[64];   /* "add", "Tensor" */
    lw_value *inputs[MAX_TENSORS]; /* tensors among the arguments, in their order */
    size_t n_inputs;
    lw_value *outputs[MAX_TENSORS]; /* NULL: not compared */
    bool has_data[MAX_TENSORS];     /* of outputs: false: only type and shape are compared */
    size_t n_outputs;
    double tolerance;
} aten_case;

/* Calls run for each line of a file of cases; false: it cannot be read. */
bool aten_case_lines(const char *path, void (*run)(void *arg, const char *line, size_t size),
                     void *arg);
/* "f32" */
lw_dtype aten_case_dtype(const char *name);
/* Fails with a sentence. */
lw_status aten_case_read(aten_case *c, const char *line, size_t size);
void aten_case_free(aten_case *c);
/* The call as nodes; free_sizes: no size of an input is fixed. */
lw_status aten_case_build(aten_case *c, lwi_network *network, bool free_sizes, size_t *n_outputs);
/* The values are PyTorch's, or a sentence says how they differ. */
lw_status aten_case_compare(const aten_case *c, size_t i, const lw_value *value);

#endif
