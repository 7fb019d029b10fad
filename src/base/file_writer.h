/* SPDX-License-Identifier: MIT
 * Files that appear under their name when they are complete, or not at all. */
#ifndef LWI_FILE_WRITER_H
#define LWI_FILE_WRITER_H

#include "base/memory.h"

typedef struct lwi_file_writer {
    const char *path;
    char temporary[4096];
    int fd;
    size_t written;
} lwi_file_writer;

/* The path must live until the end. */
lw_status lwi_file_writer_open(const char *path, lwi_file_writer *writer);
lw_status lwi_file_writer_add(lwi_file_writer *writer, const void *data, size_t size);
/* Zeros up to a multiple of align. */
lw_status lwi_file_writer_pad(lwi_file_writer *writer, size_t align);
/* The time that the file says it was changed at: nanoseconds since 1970, as far as the system keeps
 * them. To be called when all is written. */
lw_status lwi_file_writer_stamp(lwi_file_writer *writer, int64_t changed);
/* Ends with status LW_OK: the file replaces what has the name. Else nothing is left of it. */
lw_status lwi_file_writer_close(lwi_file_writer *writer, lw_status status);

#endif
