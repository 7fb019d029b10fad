/* SPDX-License-Identifier: MIT
 * The kernels as PTX, made by scripts/make_ptx.py: a zip file of one text for each form. */
#ifndef LWI_PTX_H
#define LWI_PTX_H

#include <stddef.h>

/* PTX(file, compute capability times ten, version of CUDA whose driver reads it first, whether it
 * is for that capability alone), the newest first. The last has all kernels; the others have those
 * that use instructions which older cards lack, under the same names, and one for a capability
 * alone what the form behind it lacks. */
#define LWI_PTX_FORMS                                                                              \
    PTX("sm_90a", 90, 12000, true)                                                                 \
    PTX("sm_80", 80, 11000, false)                                                                 \
    PTX("sm_75", 75, 10020, false)                                                                 \
    PTX("sm_61", 61, 9000, false)                                                                  \
    PTX("sm_50", 50, 9000, false)

extern const unsigned char lwi_ptx[];
extern const size_t lwi_ptx_size;

#endif
