/* SPDX-License-Identifier: MIT
 * Strings as JSON writes them (RFC 8259). */
#ifndef LWI_JSON_WRITE_H
#define LWI_JSON_WRITE_H

#include <stdbool.h>
#include <stddef.h>

enum { LWI_JSON_ESCAPE = 12 };

/* The character at *at (which is before end) as it stands between the quotes of a JSON string;
 * returns the number of bytes, *at moves on. Characters beyond ASCII stay as they are unless
 * `ascii`; bytes that are not UTF-8 become \ufffd. */
size_t lwi_json_escape(const char **at, const char *end, bool ascii, char out[LWI_JSON_ESCAPE]);

#endif
