/* SPDX-License-Identifier: MIT
 * Executing one node: for the executor and for constant folding. */
#ifndef LWI_CALL_H
#define LWI_CALL_H

#include "ops/registry.h"

/* Checks types and lets the operator declare its outputs. call->out must point at n_out values
 * (NULL: not wanted) that are set on success. LWI_LATER if the shapes depend on unknown data. */
lw_status lwi_call_infer(lwi_call *call);
/* Prepares the kernel (NULL: the reference) after infer: sets call->prepared and call->packed,
 * which the run needs. */
lw_status lwi_call_prepare(lwi_call *call, const lwi_kernel *kernel);
/* Makes the outputs that infer declared and computes them with kernel (NULL: the reference). If
 * infer was not called before, it is called first; all data must be known. */
lw_status lwi_call_run(lwi_call *call, const lwi_kernel *kernel);

#endif
