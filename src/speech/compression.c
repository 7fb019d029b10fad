/* SPDX-License-Identifier: MIT
 * How well a text can be compressed: one that repeats itself is a sign of a model gone astray. */
#include "speech/transcriber.h"

#ifdef LWI_HAVE_ZLIB
#include <zlib.h>

double lwi_compression(const lw_allocator *allocator, const char *text, size_t size) {
    uLongf room = compressBound(size);
    void *packed = NULL;
    if (lwi_alloc(allocator, room, &packed) != LW_OK) return 0;
    const bool good = compress(packed, &room, (const Bytef *)text, size) == Z_OK && room > 0;
    lwi_free(allocator, packed);
    return good ? (double)size / (double)room : 0;
}

#else

double lwi_compression(const lw_allocator *allocator, const char *text, size_t size) {
    (void)allocator;
    (void)text;
    (void)size;
    return 0;
}

#endif
