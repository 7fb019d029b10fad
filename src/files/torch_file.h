/* SPDX-License-Identifier: MIT
 * Weights that torch.save has written, in its three forms: a zip file; five pickles in a row with
 * the storages behind (before PyTorch 1.6); a tar file (before 0.1.10). Tensors stay in the file.
 */
#ifndef LWI_TORCH_FILE_H
#define LWI_TORCH_FILE_H

#include "files/stored_tensor.h"

typedef struct lwi_torch_options {
    const char *key;    /* the dictionary to take, "model" or "ckpt.model"; "": the outermost; NULL:
                           the    one that training programs put weights in, if there is such */
    bool keep_prefixes; /* of wrappers: "module.", "_orig_mod." */
    bool any_class;     /* calls of unknown functions are passed over; else they are an error */
} lwi_torch_options;

typedef struct lwi_torch_file {
    const char *form; /* "zip", "legacy", "tar" */
    lwi_stored_tensor *tensors;
    size_t n, capacity;
    const char *key;    /* which dictionary was taken; "": the outermost */
    const char *prefix; /* what was taken off the names' begin; "": nothing */
    size_t others;      /* values that are no tensors, and were passed over */
} lwi_torch_file;

/* The data begins as one of the forms does. A zip file may be something else of PyTorch's. */
bool lwi_is_torch(const void *data, size_t size);
/* Reads a file; what it keeps is in the arena, and data must live as long. options may be NULL.
 * LW_CORRUPT where the file is broken; LW_UNSUPPORTED: a call that weights do not need, a kind of
 * tensor that is not known; LW_NOT_FOUND: no such key, or no tensors. */
lw_status lwi_torch_read(lwi_arena *arena, const void *data, size_t size,
                         const lwi_torch_options *options, lwi_torch_file *file);

#endif
