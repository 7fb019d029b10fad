/* SPDX-License-Identifier: MIT */
#include "run/type_text.h"

#include <stdio.h>

void lwi_type_text(lw_kind kind, lw_dtype dtype, int rank, const int64_t *dims,
                   char text[LWI_TYPE_TEXT]) {
    static const char *const kinds[] = {"tensor", "sequence", "map", "optional"};
    char shape[LWI_SHAPE_TEXT] = "";
    if (kind == LW_KIND_TENSOR && rank >= 0) lwi_shape_text(rank, dims, shape);
    snprintf(text, LWI_TYPE_TEXT, "%s%s",
             kind == LW_KIND_TENSOR ? lw_dtype_name(dtype) : kinds[kind], shape);
}
