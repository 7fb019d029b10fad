/* SPDX-License-Identifier: MIT
 * Numbers from text, whatever the locale. */
#ifndef LWI_TEXT_NUMBER_H
#define LWI_TEXT_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A number from text: decimal, with exponent, inf, infinity, nan in any case, spaces around it.
 * False if it is something else. */
bool lwi_text_double(const char *text, size_t size, double *number);
/* A decimal integer that fits; false otherwise. An unsigned number above INT64_MAX comes as its
 * two's complement if `is_unsigned`. */
bool lwi_text_integer(const char *text, size_t size, bool is_unsigned, int64_t *number);

#endif
