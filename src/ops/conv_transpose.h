/* SPDX-License-Identifier: MIT */
#ifndef LWI_CONV_TRANSPOSE_H
#define LWI_CONV_TRANSPOSE_H

#include "ops/matrix_product.h"

/* ConvTranspose with a tile kernel of the caller's. */
lw_status lwi_conv_transpose_run(lwi_call *call, const lwi_tile *tile_f32);

#endif
