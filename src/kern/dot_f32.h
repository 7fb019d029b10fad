/* SPDX-License-Identifier: MIT
 * The job of gemm_f32.h for so few columns that they do not fill a vector: every element of Y is a
 * dot product along K. B is not in panels but transposed, column c at b + c * b_panel; b_row and
 * scale are not used. */
#ifndef LWI_KERN_DOT_F32_H
#define LWI_KERN_DOT_F32_H

#include "kern/gemm_f32.h"

#endif
