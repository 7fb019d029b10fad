/* SPDX-License-Identifier: MIT
 * Writes zip archives of stored files into memory, for tests that make up archives. */
#ifndef STORED_ZIP_H
#define STORED_ZIP_H

#include <stddef.h>
#include <stdint.h>

typedef struct stored_file {
    const char *name;
    const void *data;
    size_t size;
} stored_file;

/* To be freed; NULL: there is no memory. CRCs are 0. */
unsigned char *write_zip(const stored_file *files, size_t n, size_t *size);

#endif
