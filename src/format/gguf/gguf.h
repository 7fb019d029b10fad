/* SPDX-License-Identifier: MIT
 * The GGUF door: a file with weights and hyperparameters becomes the graph of its architecture. */
#ifndef LWI_GGUF_H
#define LWI_GGUF_H

#include "arch/adapters.h"
#include "files/gguf_file.h"
#include "graph/network.h"

/* Fills an initialised network from the bytes of a file, which must live as long as it does. path:
 * where it lies, for the other parts of a file that was split; NULL: refuse that. */
lw_status lwi_gguf_model_read(lwi_network *network, const void *data, size_t size,
                              const char *path);
/* Adds the weights of an adapter to network->adapters; the bytes must live as long. LW_INVALID:
 * this is no adapter. */
lw_status lwi_gguf_adapter_read(lwi_network *network, const void *data, size_t size, double scale);
lwi_checkpoint_tensor lwi_gguf_checkpoint_tensor(const lwi_gguf_tensor *from);

#endif
