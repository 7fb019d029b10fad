/* SPDX-License-Identifier: MIT
 * Columns back to images: adds every element of a matrix of patches to the place it came from. It
 * is Col2Im, and the last step of ConvTranspose. */
#ifndef LWI_FOLD_H
#define LWI_FOLD_H

#include "ops/window.h"

/* images [planes, window.in] = sums of columns [planes, window.kernel, window.out]. Any type but
 * strings (LW_TYPE); integers wrap. */
lw_status lwi_fold(const lwi_call *call, const lwi_window *window, lw_dtype dtype, size_t planes,
                   const void *columns, void *images);

#endif
