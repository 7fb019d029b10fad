/* SPDX-License-Identifier: MIT */
#ifndef LWI_CONV_TRANSPOSE_H
#define LWI_CONV_TRANSPOSE_H

#include "ops/conv.h"

/* Sizes from inputs 0 and 1. The window is that of the convolution that this one undoes: its in is
 * our output, its out our input. */
lw_status lwi_conv_transpose_shape(const lwi_call *call, bool channels_last, lwi_conv *conv);
/* ConvTranspose with a tile kernel of the caller's. */
lw_status lwi_conv_transpose_run(lwi_call *call, const lwi_tile *tile_f32);

#endif
