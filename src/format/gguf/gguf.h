/* SPDX-License-Identifier: MIT
 * The GGUF door: a file with weights and hyperparameters becomes the graph of its architecture. */
#ifndef LWI_GGUF_H
#define LWI_GGUF_H

#include "graph/network.h"

/* Fills an initialised network from the bytes of a file, which must live as long as it does. path:
 * where it lies, for the other parts of a file that was split; NULL: refuse that. */
lw_status lwi_gguf_model_read(lwi_network *network, const void *data, size_t size,
                              const char *path);

#endif
