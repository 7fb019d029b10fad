/* SPDX-License-Identifier: MIT */
#ifndef LWI_DEFORM_CONV_H
#define LWI_DEFORM_CONV_H

#include "ops/conv.h"

/* Shapes of a DeformConv (inputs x, weights, offsets, bias, mask), checked. */
lw_status lwi_deform_shape(const lwi_call *call, lwi_conv *conv, size_t *offset_groups);

#endif
