/* SPDX-License-Identifier: MIT
 * Memory and strings of the command, which ends the process when there is no memory. */
#ifndef LWI_TEXT_H
#define LWI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text_end.h"

/* realloc of n elements. */
void *lwi_resize(void *block, size_t n, size_t size);
/* A new formatted string. */
char *lwi_text(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Prints at most so many bytes. A file may say anything: control characters become spaces. */
void lwi_print_text(const char *text, size_t most);
/* What follows the last slash. */
const char *lwi_base_name(const char *path);
/* A name such as "input_12.pb" or "arr_3": its number, -1 if it does not have this form. */
long lwi_name_number(const char *name, const char *start, const char *end);
/* A whole file; false with errno set when that fails. */
bool lwi_read_file(const char *path, uint8_t **data, size_t *size);

#endif
