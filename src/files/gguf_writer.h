/* SPDX-License-Identifier: MIT
 * Writes GGUF files, version 3: first everything but the bytes of tensors, then those. */
#ifndef LWI_GGUF_WRITER_H
#define LWI_GGUF_WRITER_H

#include "base/file_writer.h"
#include "files/gguf_file.h"

/* Header, pairs and descriptions of tensors, padded; of tensors the data is not read. What follows
 * are their bytes in this order, each padded to the alignment. */
lw_status lwi_gguf_write_head(lwi_file_writer *writer, const lwi_gguf_pair *pairs, size_t n_pairs,
                              const lwi_gguf_tensor *tensors, size_t n_tensors, size_t alignment);

#endif
