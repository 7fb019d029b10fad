/* SPDX-License-Identifier: MIT */
#include "stored_zip.h"

#include <stdlib.h>
#include <string.h>

enum { LOCAL = 30, CENTRAL = 46, END = 22 };

static unsigned char *put(unsigned char *at, uint64_t value, size_t bytes) {
    for (size_t i = 0; i < bytes; i++, value >>= 8)
        *at++ = (unsigned char)value;
    return at;
}

static unsigned char *put_bytes(unsigned char *at, const void *data, size_t size) {
    if (size) memcpy(at, data, size);
    return at + size;
}

/* The fields that local and central headers share, from the version on. */
static unsigned char *put_sizes(unsigned char *at, const stored_file *file) {
    at = put(at, 20, 2);
    at = put(put(put(at, 0, 4), 0, 4), 0, 4); /* flags and method, time and date, CRC */
    at = put(put(at, file->size, 4), file->size, 4);
    return put(put(at, strlen(file->name), 2), 0, 2);
}

unsigned char *write_zip(const stored_file *files, size_t n, size_t *size) {
    size_t total = END, offset = 0;
    for (size_t i = 0; i < n; i++)
        total += LOCAL + CENTRAL + 2 * strlen(files[i].name) + files[i].size;
    unsigned char *data = malloc(total), *at = data;
    if (!data) return NULL;
    for (size_t i = 0; i < n; i++) {
        at = put_sizes(put(at, 0x04034b50, 4), &files[i]);
        at = put_bytes(at, files[i].name, strlen(files[i].name));
        at = put_bytes(at, files[i].data, files[i].size);
    }
    const size_t directory = (size_t)(at - data);
    for (size_t i = 0; i < n; i++) {
        at = put_sizes(put(put(at, 0x02014b50, 4), 20, 2), &files[i]);
        at = put(put(put(at, 0, 2), 0, 4), 0, 4); /* comment and disk, attributes */
        at = put(at, offset, 4);
        at = put_bytes(at, files[i].name, strlen(files[i].name));
        offset += LOCAL + strlen(files[i].name) + files[i].size;
    }
    const size_t bytes = (size_t)(at - data) - directory;
    at = put(put(at, 0x06054b50, 4), 0, 4);
    at = put(put(put(at, n, 2), n, 2), bytes, 4);
    put(put(at, directory, 4), 0, 2);
    *size = total;
    return data;
}
