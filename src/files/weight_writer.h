/* SPDX-License-Identifier: MIT
 * Tensors as files of weights. */
#ifndef LWI_WEIGHT_WRITER_H
#define LWI_WEIGHT_WRITER_H

#include "base/file_writer.h"
#include "base/strmap.h"
#include "files/weight_file.h"

/* [n]: the name of the first tensor that has the same elements in the same order, or NULL. */
lw_status lwi_weight_ties(lwi_arena *arena, const lwi_weight_file *file, const char ***ties);
/* The format is that of the path's end: .safetensors, or .pth, .pt and .bin. What is quantised
 * becomes float32. */
lw_status lwi_weights_write(const lwi_weight_file *file, const char *const *ties, const char *path);

/* The two formats. A tensor's elements are in order: lwi_written_bytes gives them. */
lw_status lwi_safetensors_write(const lwi_weight_file *file, lwi_file_writer *to);
lw_status lwi_torch_write(const lwi_weight_file *file, const char *const *ties,
                          lwi_file_writer *to);
lw_dtype lwi_written_type(const lwi_stored_tensor *tensor);
size_t lwi_written_size(const lwi_stored_tensor *tensor);
/* In place, or in the arena. */
lw_status lwi_written_bytes(const lwi_stored_tensor *tensor, lwi_arena *arena,
                            const uint8_t **bytes);

#endif
