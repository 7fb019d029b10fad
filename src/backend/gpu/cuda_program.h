/* SPDX-License-Identifier: MIT
 * The kernels as PTX, which the driver makes into the card's own code. */
#ifndef LWI_CUDA_PROGRAM_H
#define LWI_CUDA_PROGRAM_H

#include "backend/gpu/card_driver.h"

enum { LWI_PTX_OLDEST = 50 }; /* the lowest compute capability, ten times */

/* Loads the form with all kernels, before it that of the card's tier, before that the one with
 * kernels that may be launched early, and before that one for the card's capability alone, if there
 * are such, as far as a card of this compute capability (ten
 * times: 75) and the driver take them, into the current context. LAMPWICK_PTX in the environment,
 * as 61, lowers the capability. name: of the device, for errors. */
lw_status lwi_cuda_load_kernels(const lwi_card_driver *driver, int capability, const char *name,
                                lwi_card_modules *modules);

#endif
