/* SPDX-License-Identifier: MIT */
#include "serve/base64_floats.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Byte i of the floats; 0 behind them. */
static uint32_t byte_at(const float *x, size_t n, size_t i) {
    uint32_t bits = 0;
    if (i / 4 < n) memcpy(&bits, &x[i / 4], sizeof bits);
    return bits >> i % 4 * 8 & 255;
}

void lwi_put_base64_floats(lwi_json_writer *json, const float *x, size_t n) {
    const size_t bytes = 4 * n;
    char *text = NULL;
    lw_status status = lwi_alloc_array(&lwi_malloc_allocator, bytes / 3 * 4 + 8, 1, &text);
    if (status != LW_OK) {
        if (json->status == LW_OK) json->status = status;
        return;
    }
    char *to = text;
    for (size_t i = 0; i < bytes; i += 3) {
        const uint32_t three =
            byte_at(x, n, i) << 16 | byte_at(x, n, i + 1) << 8 | byte_at(x, n, i + 2);
        for (size_t k = 0; k < 4; k++)
            *to++ = i + k <= bytes ? alphabet[three >> (18 - 6 * k) & 63] : '=';
    }
    lwi_put_string(json, text, (size_t)(to - text));
    lwi_free(&lwi_malloc_allocator, text);
}
