/* SPDX-License-Identifier: MIT
 * Types of values in error messages: "float32[1,-1]", "sequence". */
#ifndef LWI_TYPE_TEXT_H
#define LWI_TYPE_TEXT_H

#include "tensor/value.h"

enum { LWI_TYPE_TEXT = 256 };
/* rank may be -1: unknown. */
void lwi_type_text(lw_kind kind, lw_dtype dtype, int rank, const int64_t *dims,
                   char text[LWI_TYPE_TEXT]);

#endif
