/* SPDX-License-Identifier: MIT
 * The kernels as PTX, made by scripts/make_ptx.py: a zip file of one text for each form. */
#ifndef LWI_PTX_H
#define LWI_PTX_H

#include <stddef.h>

/* PTX(compute capability times ten, version of CUDA whose driver reads it first), the newest first.
 * Code for a capability runs on all newer cards; a form of its own is for instructions that
 * older cards lack. */
#define LWI_PTX_FORMS PTX(50, 9000)

extern const unsigned char lwi_ptx[];
extern const size_t lwi_ptx_size;

#endif
