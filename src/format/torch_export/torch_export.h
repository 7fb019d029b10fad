/* SPDX-License-Identifier: MIT
 * The door for torch.export's archives (.pt2): an ExportedProgram in JSON and weights beside it
 * become a graph, operator by operator through src/aten. */
#ifndef LWI_TORCH_EXPORT_H
#define LWI_TORCH_EXPORT_H

#include "graph/network.h"

/* A zip archive that holds such a program, or says that it does. */
bool lwi_is_torch_export(const void *data, size_t size);
/* Fills an initialised network from the bytes of a file, which must live as long as it does. */
lw_status lwi_torch_export_read(lwi_network *network, const void *data, size_t size);

#endif
