/* SPDX-License-Identifier: MIT
 * UTF-8 (RFC 3629), one code point at a time. */
#ifndef LWI_UTF8_H
#define LWI_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* What is not UTF-8; no code point. */
#define LWI_UTF8_BAD UINT32_C(0xffffffff)

/* The code point at *at (which is before end), or LWI_UTF8_BAD; *at moves on, by a byte if it was
 * bad. */
uint32_t lwi_utf8_next(const char **at, const char *end);
/* The number of bytes written, at most 4. */
size_t lwi_utf8_write(uint32_t point, char *to);

#endif
