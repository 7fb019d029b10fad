/* SPDX-License-Identifier: MIT
 * The Hugging Face door: a folder with config.json and *.safetensors or pytorch_model*.bin is read
 * as the graph of its architecture. What the files call things is translated to the names that
 * architectures know (those of GGUF); tensors that are laid out otherwise are rearranged. */
#ifndef LWI_HUGGINGFACE_H
#define LWI_HUGGINGFACE_H

#include "graph/network.h"

/* The path is a folder with a config.json. */
bool lwi_is_huggingface(const char *path);
/* Fills an initialised network. */
lw_status lwi_huggingface_read(lwi_network *network, const char *folder);
/* The path is a folder with an adapter_config.json. */
bool lwi_is_peft(const char *path);
/* Adds the weights of an adapter in a PEFT folder to network->adapters. */
lw_status lwi_huggingface_adapter_read(lwi_network *network, const char *folder, double scale);

#endif
