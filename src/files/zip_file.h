/* SPDX-License-Identifier: MIT
 * Zip archives, ZIP64 among them, that lie in memory. Only the directory at the end is believed:
 * what stands before each file's bytes may have been written before their number was known.
 * Everything is checked when the archive is opened: files lie within it and do not overlap. */
#ifndef LWI_ZIP_FILE_H
#define LWI_ZIP_FILE_H

#include "base/strmap.h"

enum { LWI_ZIP_STORED = 0, LWI_ZIP_DEFLATED = 8 };

typedef struct lwi_zip_entry {
    const char *name;
    const uint8_t *data; /* as it lies in the archive */
    size_t bytes;        /* of data */
    size_t size;         /* of the file; the same if it is stored */
    uint32_t crc;
    int method;
} lwi_zip_entry;

typedef struct lwi_zip {
    lwi_zip_entry *entries; /* in the directory's order */
    size_t n;
    lwi_strmap names;
} lwi_zip;

bool lwi_is_zip(const void *data, size_t size);
/* The bytes must live as long as the archive. LW_CORRUPT: it is damaged or says things that cannot
 * be. LW_UNSUPPORTED: it is encrypted or one of several parts. */
lw_status lwi_zip_open(lwi_arena *arena, const void *data, size_t size, lwi_zip *zip);
void lwi_zip_close(lwi_zip *zip);
/* NULL: there is none of that name. */
const lwi_zip_entry *lwi_zip_find(const lwi_zip *zip, const char *name);

#endif
