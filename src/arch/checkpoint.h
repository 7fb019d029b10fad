/* SPDX-License-Identifier: MIT
 * What an architecture is built from: hyperparameters and tensors, whatever file they come from.
 * Names are GGUF's (the keys without the architecture's name in front), since every family has
 * those; a door for another format translates. */
#ifndef LWI_CHECKPOINT_H
#define LWI_CHECKPOINT_H

#include "base/blocks.h"
#include "base/status.h"

typedef struct lwi_checkpoint_tensor {
    const char *name;
    const lwi_block_type *type;
    int rank; /* 1 to 4 */
    int64_t dims[4];
    const void *data; /* rows of blocks, of any alignment; borrowed from the file */
    size_t bytes;
} lwi_checkpoint_tensor;

typedef struct lwi_checkpoint {
    const char *architecture; /* "llama" */
    void *state;
    /* Element i of a hyperparameter that is a list, or the only one; false: there is none. */
    bool (*number)(void *state, const char *key, size_t i, double *value);
    /* {NULL, 0}: there is none. */
    lw_string (*text)(void *state, const char *key);
    /* Tensor i of all, in any order; false: there are not so many. */
    bool (*tensor)(void *state, size_t i, lwi_checkpoint_tensor *tensor);
    int (*find)(void *state, const char *name); /* its number; -1: there is none */
    bool unpermuted; /* weights are as Hugging Face has them: rows of queries and keys in another
                        order, and Gemma's norms less one */
} lwi_checkpoint;

#endif
