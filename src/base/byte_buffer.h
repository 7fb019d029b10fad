/* SPDX-License-Identifier: MIT
 * Bytes that grow. */
#ifndef LWI_BYTE_BUFFER_H
#define LWI_BYTE_BUFFER_H

#include "base/memory.h"

typedef struct lwi_buffer {
    const lw_allocator *allocator;
    char *data;
    size_t size, capacity;
} lwi_buffer;

static inline lwi_buffer lwi_buffer_new(const lw_allocator *allocator) {
    return (lwi_buffer){allocator, NULL, 0, 0};
}
void lwi_buffer_free(lwi_buffer *buffer);
/* There is a zero behind the bytes, once there are any. */
lw_status lwi_buffer_put(lwi_buffer *buffer, const void *data, size_t size);
lw_status lwi_buffer_text(lwi_buffer *buffer, const char *text);
/* The string in quotes, and any item, as JSON without white space. */
lw_status lwi_buffer_json_string(lwi_buffer *buffer, const char *text, size_t size);
struct lwi_json_item;
lw_status lwi_buffer_json(lwi_buffer *buffer, const struct lwi_json_item *item);

#endif
