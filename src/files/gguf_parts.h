/* SPDX-License-Identifier: MIT
 * Models in several GGUF files: "model-00001-of-00003.gguf" and so on, beside each other. */
#ifndef LWI_GGUF_PARTS_H
#define LWI_GGUF_PARTS_H

#include "files/gguf_file.h"

/* Takes over a mapped file, also on failure. */
typedef lw_status lwi_keep_file_fn(void *state, lwi_file *file);

/* Adds the tensors of the other parts to those of the first, which is at the path (NULL: that is
 * an error if there are others). */
lw_status lwi_gguf_read_parts(lwi_gguf *gguf, const char *path, lwi_keep_file_fn *keep,
                              void *state);

#endif
