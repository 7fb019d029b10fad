/* SPDX-License-Identifier: MIT
 * The kernels as PTX, which the driver makes into the card's own code. */
#ifndef LWI_CUDA_PROGRAM_H
#define LWI_CUDA_PROGRAM_H

#include "backend/gpu/card_driver.h"

enum { LWI_PTX_OLDEST = 50 }; /* the lowest compute capability, ten times */

/* Loads the newest form that a card of this compute capability (ten times: 75) and the driver take
 * into the current context. name: of the device, for errors. */
lw_status lwi_cuda_load_kernels(const lwi_card_driver *driver, int capability, const char *name,
                                lwi_card_module **module);

#endif
