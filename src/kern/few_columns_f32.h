/* SPDX-License-Identifier: MIT
 * The job of gemm_f32.h for columns that fit one vector (few_columns_f32_most), as convolutions
 * with few filters have them: tiles have twice as many rows as those of gemm_f32. Panels are
 * packed; `add`, `plus`, `scale` and `then` are not used. Where columns fill half a vector, its
 * halves may sum even and odd k, if that is faster: results are the same for any number of rows,
 * but not those of gemm_f32. */
#ifndef LWI_KERN_FEW_COLUMNS_F32_H
#define LWI_KERN_FEW_COLUMNS_F32_H

#include "kern/gemm_f32.h"

#endif
