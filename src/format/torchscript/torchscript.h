/* SPDX-License-Identifier: MIT
 * The door for TorchScript: files that torch.jit.save wrote, of traced, scripted and frozen
 * modules. What the program says about its inputs is no more than that they are tensors, so the
 * graph is made when inputs are there (lwi_maker): the program is run on them, and what it does to
 * tensors is what the graph does. */
#ifndef LWI_TORCHSCRIPT_H
#define LWI_TORCHSCRIPT_H

#include "files/zip_file.h"
#include "graph/network.h"

bool lwi_is_torchscript(const lwi_zip *zip);
/* Reads and checks all but the tensors, and sets network->maker. The bytes of the archive must live
 * as long as the network, which takes the archive. */
lw_status lwi_torchscript_read(lwi_network *network, const lwi_zip *zip);

#endif
