/* SPDX-License-Identifier: MIT */
#include "base/byte_buffer.h"

#include "base/checked.h"
#include "base/double_text.h"
#include "base/json_read.h"
#include "base/json_write.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

void lwi_buffer_free(lwi_buffer *buffer) {
    lwi_free(buffer->allocator, buffer->data);
    *buffer = lwi_buffer_new(buffer->allocator);
}

lw_status lwi_buffer_put(lwi_buffer *buffer, const void *data, size_t size) {
    size_t need;
    if (!lwi_add_size(buffer->size, size, &need) || !lwi_add_size(need, 1, &need))
        return lwi_fail(LW_NO_MEMORY, "out of memory: %zu more bytes", size);
    LW_TRY(lwi_grow(buffer->allocator, &buffer->data, &buffer->capacity, need, 1));
    if (size) memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
    buffer->data[buffer->size] = 0;
    return LW_OK;
}

lw_status lwi_buffer_text(lwi_buffer *buffer, const char *text) {
    return lwi_buffer_put(buffer, text, strlen(text));
}

lw_status lwi_buffer_json_string(lwi_buffer *buffer, const char *text, size_t size) {
    char escape[LWI_JSON_ESCAPE];
    LW_TRY(lwi_buffer_put(buffer, "\"", 1));
    if (!size) text = ""; /* may be NULL */
    for (const char *p = text, *end = p + size; p < end;)
        LW_TRY(lwi_buffer_put(buffer, escape, lwi_json_escape(&p, end, false, escape)));
    return lwi_buffer_put(buffer, "\"", 1);
}

static lw_status put_number(lwi_buffer *buffer, const lwi_json_item *item) {
    char digits[LWI_DOUBLE_TEXT];
    if (!item->is_integer && !isfinite(item->number)) return lwi_buffer_text(buffer, "null");
    const size_t n = item->is_integer
                         ? (size_t)snprintf(digits, sizeof digits, "%" PRId64, item->integer)
                         : lwi_double_text(item->number, NULL, NULL, digits);
    return lwi_buffer_put(buffer, digits, n);
}

static lw_status put_children(lwi_buffer *buffer, const lwi_json_item *item) {
    const bool object = item->kind == LWI_JSON_OBJECT;
    LW_TRY(lwi_buffer_put(buffer, object ? "{" : "[", 1));
    for (size_t i = 0; i < item->size; i++) {
        const lwi_json_item *child = &item->items[i];
        if (i) LW_TRY(lwi_buffer_put(buffer, ",", 1));
        if (object) {
            LW_TRY(lwi_buffer_json_string(buffer, child->key, child->key_size));
            LW_TRY(lwi_buffer_put(buffer, ":", 1));
        }
        LW_TRY(lwi_buffer_json(buffer, child));
    }
    return lwi_buffer_put(buffer, object ? "}" : "]", 1);
}

lw_status lwi_buffer_json(lwi_buffer *buffer, const lwi_json_item *item) {
    switch ((lwi_json_kind)item->kind) {
    case LWI_JSON_NULL:
        return lwi_buffer_text(buffer, "null");
    case LWI_JSON_BOOL:
        return lwi_buffer_text(buffer, item->truth ? "true" : "false");
    case LWI_JSON_NUMBER:
        return put_number(buffer, item);
    case LWI_JSON_STRING:
        return lwi_buffer_json_string(buffer, item->text, item->size);
    default:
        return put_children(buffer, item);
    }
}
