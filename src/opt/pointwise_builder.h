/* SPDX-License-Identifier: MIT
 * Building a pointwise program (ops/pointwise_program.h) from nodes of the graph. */
#ifndef LWI_POINTWISE_BUILDER_H
#define LWI_POINTWISE_BUILDER_H

#include "opt/rewrite.h"
#include "ops/pointwise_program.h"

/* A result of step i is operand LWI_BUILDER_STEP + i while the inputs are not counted yet. */
enum { LWI_BUILDER_STEP = 1 << 8, LWI_BUILDER_VALUES = 2 * LWI_PROGRAM_STEPS };

typedef struct lwi_builder {
    const lwi_rewrite *rewrite;
    int inputs[LWI_PROGRAM_INPUTS]; /* values of the graph */
    lwi_program program;
    /* values that steps have made */
    int values[LWI_BUILDER_VALUES], operands[LWI_BUILDER_VALUES];
    size_t n_values;
    int rank;  /* constants of a higher rank are inputs, since they make the output's rank higher */
    bool full; /* something did not fit: the program is not to be used */
} lwi_builder;

/* rank: of the output. */
void lwi_builder_open(lwi_builder *builder, const lwi_rewrite *rewrite, int rank);
/* The operand for a value of the graph: a step's result, a constant, or an input. */
int lwi_builder_operand(lwi_builder *builder, int value);
int lwi_builder_number(lwi_builder *builder, float number);
/* Adds an instruction and returns its result's operand; operands that it has not are 0. */
int lwi_builder_step(lwi_builder *builder, lwi_pointwise_code code, int a, int b, int c);
/* The value of the graph that an operand is from now on. */
void lwi_builder_define(lwi_builder *builder, int value, int operand);
/* The last step's result is the output: joins products with sums, numbers the operands. */
void lwi_builder_close(lwi_builder *builder);
/* Writes the attributes. */
lw_status lwi_builder_write(const lwi_builder *builder, lwi_rewrite *rewrite, lwi_node *node);

/* Whether the node is one that lwi_translate can make instructions of (pointwise_nodes.c): its
 * tensors are float32, or bool where truth is meant. */
bool lwi_is_pointwise(const lwi_rewrite *rewrite, const lwi_node *node);
void lwi_translate(lwi_builder *builder, const lwi_node *node);

#endif
