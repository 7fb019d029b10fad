/* SPDX-License-Identifier: MIT
 * Values on the screen, as numpy prints arrays: large ones only at their edges. */
#ifndef LWI_PRINT_VALUE_H
#define LWI_PRINT_VALUE_H

#include <lampwick.h>

/* The data, indented by two columns. */
void lwi_print_value(const lw_value *value);

#endif
