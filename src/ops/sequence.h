/* SPDX-License-Identifier: MIT
 * Outputs that are sequences or other values made in the run. */
#ifndef LWI_SEQUENCE_H
#define LWI_SEQUENCE_H

#include "ops/op.h"

/* Output i becomes the value, unless status says that its making failed; either way the value is
 * released and the status of it all returned. */
lw_status lwi_out_own(lwi_call *call, size_t i, lw_value *value, lw_status status);

#endif
