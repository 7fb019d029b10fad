/* SPDX-License-Identifier: MIT */
#include "media_bytes.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

lw_status lwi_media_fail(lw_status status, const char *format, ...) {
    char sentence[512];
    va_list values;
    va_start(values, format);
    vsnprintf(sentence, sizeof sentence, format, values);
    va_end(values);
    return lw_fail(status, sentence);
}

/* Grows the block until the file ends: the size of a pipe is not known before. */
static lw_status read_all(FILE *file, lwi_bytes *bytes) {
    uint8_t *data = NULL;
    size_t size = 0, capacity = 0, got = 0;
    do {
        size += got;
        if (size == capacity) {
            uint8_t *grown = realloc(data, capacity ? capacity * 2 : 65536);
            if (!grown) {
                free(data);
                return lwi_media_fail(LW_NO_MEMORY, "out of memory");
            }
            data = grown;
            capacity = capacity ? capacity * 2 : 65536;
        }
        got = fread(data + size, 1, capacity - size, file);
    } while (got);
    if (ferror(file)) {
        free(data);
        return LW_IO;
    }
    *bytes = (lwi_bytes){data, size};
    return LW_OK;
}

lw_status lwi_media_read(const char *path, lwi_bytes *bytes) {
    FILE *file = fopen(path, "rb");
    const lw_status status = file ? read_all(file, bytes) : LW_IO;
    if (status == LW_IO) lwi_media_fail(LW_IO, "cannot read %s: %s", path, strerror(errno));
    if (file) fclose(file);
    return status;
}
