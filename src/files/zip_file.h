/* SPDX-License-Identifier: MIT
 * Zip files (PKWARE, APPNOTE 6.3.10), ZIP64 too, read-only and in place. The central directory says
 * what is there; local headers must not contradict it. */
#ifndef LWI_ZIP_FILE_H
#define LWI_ZIP_FILE_H

#include "base/strmap.h"

enum { LWI_ZIP_STORED = 0, LWI_ZIP_DEFLATED = 8 };

typedef struct lwi_zip_entry {
    const char *name;    /* zero-terminated copy */
    const uint8_t *data; /* as it lies in the file */
    size_t bytes;        /* of data */
    size_t size;         /* unpacked; the same if it is stored */
    uint32_t crc;
    int method;
} lwi_zip_entry;

typedef struct lwi_zip {
    lwi_arena *arena;
    lwi_zip_entry *entries; /* in the directory's order; folders are left out */
    size_t n;
    lwi_strmap names;
    const char *root; /* the first entry's outermost folder, "name/"; "" if it is in none */
} lwi_zip;

/* The data begins like a zip file. */
bool lwi_is_zip(const void *data, size_t size);
/* Reads the directory; what it keeps is in the arena, and data must live as long. LW_CORRUPT where
 * the format is broken: entries that overlap or lie beyond the end, local headers that say
 * something else, names that occur twice, are absolute or climb ("..") or have a backslash, sizes
 * that deflate cannot reach. LW_UNSUPPORTED: encrypted, several disks, another method. */
lw_status lwi_zip_open(lwi_arena *arena, const void *data, size_t size, lwi_zip *zip);
void lwi_zip_close(lwi_zip *zip);

/* NULL: no such entry. */
const lwi_zip_entry *lwi_zip_find(const lwi_zip *zip, const char *name);
/* The same below the root, as PyTorch names its records: "data.pkl". */
const lwi_zip_entry *lwi_zip_record(const lwi_zip *zip, const char *name);
/* The entry's bytes, entry->size of them: in place if stored (the check sum is then left alone, as
 * PyTorch can be told to write none), else unpacked into the arena and checked. LW_LIMIT: more than
 * `most` bytes, which only those that must be unpacked are held to. */
lw_status lwi_zip_bytes(const lwi_zip_entry *entry, lwi_arena *arena, size_t most,
                        const uint8_t **bytes);

#endif
