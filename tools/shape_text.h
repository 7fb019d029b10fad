/* SPDX-License-Identifier: MIT
 * Shapes as text: "[1,3,224,224]", "[batch,?]"; and back: "1x3x224x224". */
#ifndef LWI_SHAPE_TEXT_H
#define LWI_SHAPE_TEXT_H

#include <lampwick.h>

typedef struct lwi_shape_text {
    char text[LW_MAX_RANK * 32 + 8];
} lwi_shape_text;

/* All return text->text. */
const char *lwi_shape_of(const lw_value *value, lwi_shape_text *text);
const char *lwi_shape_of_info(const lw_io_info *info, lwi_shape_text *text);
/* "float32[1,3,224,224]", "sequence(float32)", "map(int64,float32)". */
const char *lwi_type_of_info(const lw_io_info *info, lwi_shape_text *text);
const char *lwi_type_of(const lw_value *value, lwi_shape_text *text);
/* "1x3x224x224" or "1,3,224,224"; "" is rank 0. False if it is no shape. */
bool lwi_shape_parse(const char *text, int64_t *dims, int *rank);

#endif
