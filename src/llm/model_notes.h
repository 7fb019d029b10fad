/* SPDX-License-Identifier: MIT
 * What an architecture has left among its model's metadata. */
#ifndef LWI_MODEL_NOTES_H
#define LWI_MODEL_NOTES_H

#include <lampwick.h>

/* "": there is none of that name. */
const char *lwi_model_text(const lw_model *model, const char *name);
/* false: likewise */
bool lwi_model_size(const lw_model *model, const char *name, size_t *size);

#endif
