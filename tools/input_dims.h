/* SPDX-License-Identifier: MIT
 * Sizes of a model's inputs, and inputs made from nothing but them. */
#ifndef LWI_INPUT_DIMS_H
#define LWI_INPUT_DIMS_H

#include <lampwick.h>

#include "command.h"

/* The dimensions of an input: those of --shape (NAME=1x3x224x224, or without a name where the
 * model has one input), else the declared ones, -1 where they are not fixed. rank -1: not known.
 * Complains and returns false if the shape given is not one of the input's. */
bool lwi_input_dims(const lw_io_info *info, const lwi_texts *shapes, int64_t *dims, int *rank);
/* The size that a dimension of this name has in a shape that is given for another input; `absent`
 * if there is none. */
int64_t lwi_named_dim(const lw_model *model, const lwi_texts *shapes, const char *dim,
                      int64_t absent);
/* All shapes given name an input, if the model tells of all. Complains otherwise. */
bool lwi_check_shapes(const lw_model *model, const lwi_texts *shapes);

typedef enum lwi_fill { LWI_ZEROS, LWI_ONES, LWI_RANDOM } lwi_fill;
/* A tensor of these sizes; random: 0..1 for floats, 0 or 1 for others, and what belongs together in
 * inputs of a language model (language_inputs.h). Dimensions that are not known have the size of
 * others with their name, or 1, or what the model says of its cache. */
bool lwi_fill_input(const lw_model *model, const lw_io_info *info, const lwi_texts *shapes,
                    lwi_fill fill, lw_value **value);

#endif
