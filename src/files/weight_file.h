/* SPDX-License-Identifier: MIT
 * A file of weights of any kind as a list of tensors: safetensors, PyTorch's, GGUF where it has
 * plain numbers. */
#ifndef LWI_WEIGHT_FILE_H
#define LWI_WEIGHT_FILE_H

#include "files/torch_file.h"

typedef struct lwi_weight_file {
    const char *format; /* "safetensors", "PyTorch (zip)" */
    lwi_stored_tensor *tensors;
    size_t n;
    const char *key, *prefix; /* of PyTorch's: what was taken, and what taken off; else "" */
    size_t others;            /* of PyTorch's: values that are no tensors */
} lwi_weight_file;

/* Names do not occur twice; every tensor lies within its storage. data must live as long as the
 * arena. options are for PyTorch's files, and may be NULL. Errors as those of each reader;
 * LW_UNSUPPORTED: weights in blocks. */
lw_status lwi_weight_file_read(lwi_arena *arena, const void *data, size_t size,
                               const lwi_torch_options *options, lwi_weight_file *file);

#endif
