/* SPDX-License-Identifier: MIT
 * Files that are given for networks by mistake, known by their first bytes: other engines' formats,
 * weights without a network, downloads that went wrong. */
#ifndef LWI_FOREIGN_FILE_H
#define LWI_FOREIGN_FILE_H

#include <stddef.h>

/* What it is and what helps, as a sentence without its end; NULL: not known. */
const char *lwi_foreign_file(const void *data, size_t size);

#endif
