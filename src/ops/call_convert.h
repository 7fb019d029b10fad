/* SPDX-License-Identifier: MIT
 * Calls of operators marked LWI_WIDEN or LWI_UNPACK: their kernels see wider element types. */
#ifndef LWI_CALL_CONVERT_H
#define LWI_CALL_CONVERT_H

#include "ops/registry.h"

/* Some tensor of the call, whose outputs are declared, has a type that its kernels never see. */
bool lwi_is_converted(const lwi_call *call);
/* Runs the kernel with converted inputs and outputs. */
lw_status lwi_run_converted(lwi_call *call, lw_status (*kernel)(lwi_call *));
/* Lets prepare see the types that run will see; converted tensors have no data yet. */
lw_status lwi_prepare_converted(lwi_call *call, lw_status (*prepare)(lwi_call *));

#endif
