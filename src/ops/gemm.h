/* SPDX-License-Identifier: MIT */
#ifndef LWI_GEMM_H
#define LWI_GEMM_H

#include "ops/matrix_product.h"

/* Gemm with a tile kernel of the caller's. */
lw_status lwi_gemm_run(lwi_call *call, const lwi_tile *tile_f32);

#endif
