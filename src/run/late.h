/* SPDX-License-Identifier: MIT
 * What running a late node on either side has in common (run/execute.c). */
#ifndef LWI_LATE_H
#define LWI_LATE_H

#include "run/plan.h"

/* New values for the outputs of a late call. */
lw_status lwi_late_open_outputs(lwi_plan *plan, lwi_call *call);
/* Computes them on the processor, when inputs are there and infer was called. */
lw_status lwi_late_run(lwi_call *call);

#endif
