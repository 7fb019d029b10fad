/* SPDX-License-Identifier: MIT
 * The kernels for AMD's cards, made by scripts/make_code_objects.py: a zip file of one ELF file for
 * each processor. */
#ifndef LWI_CODE_OBJECTS_H
#define LWI_CODE_OBJECTS_H

#include <stddef.h>

/* CODE(processor as LLVM's AMDGPU back end names it). Code runs on that processor alone. */
#define LWI_CODE_OBJECTS                                                                           \
    CODE(gfx900) CODE(gfx906) CODE(gfx90a) CODE(gfx942) CODE(gfx1030) CODE(gfx1100)

extern const unsigned char lwi_code_objects[];
extern const size_t lwi_code_objects_size;

#endif
