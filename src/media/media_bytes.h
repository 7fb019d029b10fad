/* SPDX-License-Identifier: MIT
 * Bytes of a file, and the sentence of a failure. */
#ifndef LWI_MEDIA_BYTES_H
#define LWI_MEDIA_BYTES_H

#include "lampwick/media.h"

typedef struct lwi_bytes {
    const uint8_t *data;
    size_t size;
} lwi_bytes;

/* Records a sentence; returns the status. */
lw_status lwi_media_fail(lw_status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A whole file in new memory (free). */
lw_status lwi_media_read(const char *path, lwi_bytes *file);

static inline bool lwi_starts(lwi_bytes file, size_t at, const char *magic, size_t n) {
    if (at > file.size || n > file.size - at) return false;
    for (size_t i = 0; i < n; i++)
        if (file.data[at + i] != (uint8_t)magic[i]) return false;
    return true;
}

/* Little-endian numbers; the caller has checked that the bytes are there. */
static inline uint32_t lwi_le16(const uint8_t *p) { return (uint32_t)p[0] | (uint32_t)p[1] << 8; }
static inline uint32_t lwi_le32(const uint8_t *p) { return lwi_le16(p) | lwi_le16(p + 2) << 16; }
static inline uint32_t lwi_be16(const uint8_t *p) { return (uint32_t)p[1] | (uint32_t)p[0] << 8; }
static inline uint32_t lwi_be32(const uint8_t *p) { return lwi_be16(p + 2) | lwi_be16(p) << 16; }

#endif
