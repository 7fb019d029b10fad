/* SPDX-License-Identifier: MIT
 * The ONNX door: a serialized ModelProto becomes a graph of newest-form operators. */
#ifndef LWI_ONNX_H
#define LWI_ONNX_H

#include "graph/network.h"

/* Fills an initialised network from the bytes of a model, which must live as long as it does:
 * tensors point into them. path: where the file lies, for external data; NULL: refuse that. */
lw_status lwi_onnx_read(lwi_network *network, const void *data, size_t size, const char *path);

#endif
