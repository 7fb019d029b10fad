/* SPDX-License-Identifier: MIT
 * Sizes of a convolution or transposed convolution, and the convolutions proper that it is made
 * of. */
#ifndef LWI_CONV_GEOMETRY_H
#define LWI_CONV_GEOMETRY_H

#include "backend/cpu/conv_plan.h"

/* Fills the sizes of the plan and how many parts it has. *window: what the operator's infer has
 * found. */
lw_status lwi_conv_geometry(const lwi_call *call, bool transposed, lwi_conv_plan *plan,
                            lwi_window *window);
/* Fills shapes and places of plan->parts. */
void lwi_conv_split(const lwi_window *window, lwi_conv_plan *plan);

#endif
