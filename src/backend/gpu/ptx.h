/* SPDX-License-Identifier: MIT
 * The kernels as PTX, made by scripts/make_ptx.py: a zip file of one text for each form. */
#ifndef LWI_PTX_H
#define LWI_PTX_H

#include <stddef.h>

/* PTX(file, compute capability times ten, version of CUDA whose driver takes it first, kind), the
 * newest first. The last has all kernels; the others have those that use instructions which older
 * cards lack, under the same names. Kinds: ALONE is for that capability alone, and has what forms
 * behind it lack; EARLY has kernels that may be launched before those before them are done, beside
 * the form behind it; of FULL, a card takes one and the last. */
#define LWI_PTX_FORMS                                                                              \
    PTX("sm_90a", 90, 12000, ALONE)                                                                \
    PTX("sm_90", 90, 12030, EARLY)                                                                 \
    PTX("sm_80", 80, 11000, FULL)                                                                  \
    PTX("sm_75", 75, 10020, FULL)                                                                  \
    PTX("sm_61", 61, 9000, FULL)                                                                   \
    PTX("sm_50", 50, 9000, FULL)

extern const unsigned char lwi_ptx[];
extern const size_t lwi_ptx_size;

#endif
