/* SPDX-License-Identifier: MIT
 * Tensors in a file may lie at any address; kernels want elements aligned. */
#ifndef LWI_ALIGN_H
#define LWI_ALIGN_H

#include "graph/network.h"

bool lwi_is_aligned(const lw_value *value);
/* Copies into the network's arena every constant and attribute tensor of the graph and its
 * subgraphs that is not aligned to its elements and has at most max bytes (max_floats: constants
 * that are made of float numbers). Pages of mapped files that are not needed any more are given
 * back. */
lw_status lwi_align_tensors(lwi_network *network, lwi_graph *graph, size_t max, size_t max_floats);

#endif
