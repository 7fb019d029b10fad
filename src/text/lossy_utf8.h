/* SPDX-License-Identifier: MIT
 * Bytes as UTF-8: each longest part that could be the beginning of a character and is none becomes
 * one U+FFFD (Unicode 15, 3.9: substitution of maximal subparts). */
#ifndef LWI_LOSSY_UTF8_H
#define LWI_LOSSY_UTF8_H

#include "text/growing.h"

bool lwi_utf8_valid(const char *data, size_t size);
/* Appends the bytes to text. If more may follow, an unfinished character at the end is left;
 * *used is what was not. */
lw_status lwi_lossy_utf8(lw_string bytes, bool more, lwi_growing *text, size_t *used);

#endif
