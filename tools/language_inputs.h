/* SPDX-License-Identifier: MIT
 * Inputs of language models whose numbers must fit each other, made up: tokens of sequences with
 * their positions, and places in the memory that the sequences have. */
#ifndef LWI_LANGUAGE_INPUTS_H
#define LWI_LANGUAGE_INPUTS_H

#include <lampwick.h>

#include "command.h"

/* A number that the model tells of itself; `absent` if it does not. */
int64_t lwi_model_number(const lw_model *model, const char *key, int64_t absent);
bool lwi_is_language_model(const lw_model *model);
/* The size of a dimension that nobody gave: blocks are as many as the tokens need, and the cache
 * has those of all sequences. 1 for others. */
int64_t lwi_language_dim(const lw_model *model, const lwi_texts *shapes, const char *dim);
/* Fills one of them in; false if it is none of them. Tokens are divided among the sequences, and
 * are their first ones; with a shape of `blocks`, the last ones for which those have room. */
bool lwi_language_fill(const lw_model *model, const char *name, const lwi_texts *shapes,
                       lw_value *value);

#endif
