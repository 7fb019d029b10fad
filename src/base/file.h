/* SPDX-License-Identifier: MIT
 * Files mapped into memory, read-only. */
#ifndef LWI_FILE_H
#define LWI_FILE_H

#include "base/memory.h"

typedef struct lwi_file {
    const uint8_t *data; /* NULL when the file is empty */
    size_t size;
    bool mapped;
    int64_t changed; /* when it was written last, in nanoseconds */
} lwi_file;

lw_status lwi_file_map(const char *path, lwi_file *file);
/* A file named by a relative path inside the folder that holds `beside`: no "..", no absolute
 * path, no symbolic link on the way, a regular file with one name (no hard links). */
lw_status lwi_file_map_confined(const char *beside, const char *path, lwi_file *file);
void lwi_file_unmap(lwi_file *file);
/* Tells the system that a part of the mapping is not needed soon: its pages leave this process's
 * memory and are read again if they are touched. */
void lwi_file_forget(const void *data, size_t size);

#endif
