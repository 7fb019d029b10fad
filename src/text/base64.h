/* SPDX-License-Identifier: MIT
 * Base64 (RFC 4648). */
#ifndef LWI_BASE64_H
#define LWI_BASE64_H

#include "base/status.h"

/* The bytes that the text stands for into bytes, which has room for text.size / 4 * 3 + 3 of them;
 * false if it is malformed. */
bool lwi_base64_decode(lw_string text, char *bytes, size_t *size);

/* Into text, (size + 2) / 3 * 4 characters, not zero-terminated. */
void lwi_base64_encode(const void *bytes, size_t size, char *text);

#endif
