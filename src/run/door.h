/* SPDX-License-Identifier: MIT */
#ifndef LWI_DOOR_H
#define LWI_DOOR_H

#include "graph/network.h"

/* Reads a network through the door that its first bytes, or the folder at path (data is NULL), ask
 * for: ONNX, PyTorch's archives, GGUF, Hugging Face's folders. path may be NULL: what lies beside
 * the file is not found then. A file that is no network of these is refused by its name, where its
 * kind is known (LW_UNSUPPORTED). */
lw_status lwi_door_read(lwi_network *network, const void *data, size_t size, const char *path);

#endif
