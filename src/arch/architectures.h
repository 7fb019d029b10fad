/* SPDX-License-Identifier: MIT
 * The families of language models that lampwick knows. */
#ifndef LWI_ARCHITECTURES_H
#define LWI_ARCHITECTURES_H

#include "arch/decoder.h"

/* Fills an initialised network from a checkpoint, whose tensors must live as long as it does.
 * LW_UNSUPPORTED: no such architecture. */
lw_status lwi_architecture_build(lwi_network *network, const lwi_checkpoint *from);
/* NULL: no such architecture. */
const lwi_decoder_style *lwi_architecture_style(const char *name);

#endif
