/* SPDX-License-Identifier: MIT
 * Reading little-endian numbers from a file that may end anywhere. */
#ifndef LWI_GGUF_BYTES_H
#define LWI_GGUF_BYTES_H

#include "base/checked.h"
#include "files/gguf_file.h"
#include "files/little_endian.h"

#include <string.h>

typedef struct lwi_gguf_bytes {
    const uint8_t *data;
    size_t size, at;
} lwi_gguf_bytes;

/* n bytes at the place where reading stands, which moves behind them; LW_CORRUPT at the end. */
static inline lw_status lwi_gguf_take(lwi_gguf_bytes *b, size_t n, const uint8_t **bytes) {
    if (!lwi_within(b->at, n, b->size))
        return lwi_fail(LW_CORRUPT, "GGUF: %zu bytes at offset %zu lie beyond the end (%zu)", n,
                        b->at, b->size);
    *bytes = b->data + b->at;
    b->at += n;
    return LW_OK;
}

/* 0 for strings and arrays */
static inline size_t lwi_gguf_number_bytes(lwi_gguf_kind kind) {
    static const uint8_t bytes[LWI_GGUF_KINDS] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    return bytes[kind];
}

static inline lw_status lwi_gguf_u32(lwi_gguf_bytes *b, uint32_t *value) {
    const uint8_t *bytes = NULL;
    LW_TRY(lwi_gguf_take(b, 4, &bytes));
    *value = (uint32_t)lwi_little_endian(bytes, 4);
    return LW_OK;
}

static inline lw_status lwi_gguf_u64(lwi_gguf_bytes *b, uint64_t *value) {
    const uint8_t *bytes = NULL;
    LW_TRY(lwi_gguf_take(b, 8, &bytes));
    *value = lwi_little_endian(bytes, 8);
    return LW_OK;
}

/* A length and that many bytes. */
static inline lw_status lwi_gguf_text(lwi_gguf_bytes *b, lw_string *text) {
    uint64_t n = 0;
    const uint8_t *bytes = NULL;
    LW_TRY(lwi_gguf_u64(b, &n));
    if (n > b->size)
        return lwi_fail(LW_CORRUPT, "GGUF: a text of %llu bytes", (unsigned long long)n);
    LW_TRY(lwi_gguf_take(b, (size_t)n, &bytes));
    *text = (lw_string){(const char *)bytes, (size_t)n};
    return LW_OK;
}

#endif
