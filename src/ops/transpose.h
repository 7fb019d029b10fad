/* SPDX-License-Identifier: MIT */
#ifndef LWI_TRANSPOSE_H
#define LWI_TRANSPOSE_H

#include "ops/strided_copy.h"

/* What Transpose copies, without the data: dimensions in the order of the output, those of one
 * element left out and those that stay together joined. The input must have elements. */
lw_status lwi_transpose_plan(const lwi_call *call, lwi_strided_copy *copy);

#endif
