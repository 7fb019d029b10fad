/* SPDX-License-Identifier: MIT */
#include "format/onnx/wire.h"

#include <string.h>

static lw_status read_varint(lwi_wire *w, uint64_t *value) {
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 70 && w->at < w->end; shift += 7) {
        const uint8_t byte = *w->at++;
        if (shift < 64) v |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            *value = v;
            return LW_OK;
        }
    }
    return lwi_fail(LW_CORRUPT, "a number in the file ends too soon or is too long");
}

static lw_status read_fixed(lwi_wire *w, size_t size, uint64_t *value) {
    if (lwi_wire_size(*w) < size)
        return lwi_fail(LW_CORRUPT, "the file ends inside a number of %zu bytes", size);
    uint64_t v = 0;
    for (size_t i = 0; i < size; i++)
        v |= (uint64_t)w->at[i] << (8 * i);
    w->at += size;
    *value = v;
    return LW_OK;
}

static lw_status read_body(lwi_wire *w, lwi_wire *body) {
    uint64_t size = 0;
    LW_TRY(read_varint(w, &size));
    if (size > lwi_wire_size(*w))
        return lwi_fail(LW_CORRUPT, "a field claims %llu bytes where %zu are left",
                        (unsigned long long)size, lwi_wire_size(*w));
    *body = (lwi_wire){w->at, w->at + size};
    w->at += size;
    return LW_OK;
}

static lw_status read_number(lwi_wire *w, lwi_wire_type type, uint64_t *bits) {
    if (type == LWI_WIRE_VARINT) return read_varint(w, bits);
    return read_fixed(w, type == LWI_WIRE_FIXED64 ? 8 : 4, bits);
}

lw_status lwi_wire_next(lwi_wire *w, lwi_field *f) {
    uint64_t tag = 0;
    LW_TRY(read_varint(w, &tag));
    if (tag >> 3 == 0 || tag >> 32)
        return lwi_fail(LW_CORRUPT, "a field has the impossible number %llu",
                        (unsigned long long)(tag >> 3));
    *f = (lwi_field){.id = (uint32_t)(tag >> 3), .type = (lwi_wire_type)(tag & 7)};
    switch (tag & 7) {
    case LWI_WIRE_VARINT:
    case LWI_WIRE_FIXED64:
    case LWI_WIRE_FIXED32:
        return read_number(w, f->type, &f->bits);
    case LWI_WIRE_BYTES:
        return read_body(w, &f->body);
    default:
        return lwi_fail(LW_CORRUPT, "field %u has the unknown encoding %d", f->id, (int)(tag & 7));
    }
}

static lw_status wrong_type(const lwi_field *f) {
    return lwi_fail(LW_CORRUPT, "field %u has the encoding %d, which is not what it should have",
                    f->id, (int)f->type);
}

lw_status lwi_field_int(const lwi_field *f, int64_t *value) {
    if (f->type != LWI_WIRE_VARINT) return wrong_type(f);
    *value = (int64_t)f->bits;
    return LW_OK;
}

lw_status lwi_field_float(const lwi_field *f, float *value) {
    if (f->type != LWI_WIRE_FIXED32) return wrong_type(f);
    const uint32_t bits = (uint32_t)f->bits;
    memcpy(value, &bits, sizeof bits);
    return LW_OK;
}

lw_status lwi_field_body(const lwi_field *f, lwi_wire *body) {
    if (f->type != LWI_WIRE_BYTES) return wrong_type(f);
    *body = f->body;
    return LW_OK;
}

lw_status lwi_field_text(const lwi_field *f, lwi_arena *arena, const char **text) {
    lwi_wire body = {NULL, NULL};
    LW_TRY(lwi_field_body(f, &body));
    return lwi_arena_string(arena, (const char *)body.at, lwi_wire_size(body), text);
}

lw_status lwi_field_name(const lwi_field *f, lwi_arena *arena, const char **name) {
    LW_TRY(lwi_field_text(f, arena, name));
    if (strlen(*name) == lwi_wire_size(f->body)) return LW_OK;
    return lwi_fail(LW_CORRUPT, "the name '%s' has a zero byte inside", *name);
}

lw_status lwi_numbers_next(lwi_numbers *n, uint64_t *bits, bool *more) {
    *more = true;
    for (;;) {
        if (n->packed.at < n->packed.end) return read_number(&n->packed, n->type, bits);
        if (n->message.at >= n->message.end) {
            *more = false;
            return LW_OK;
        }
        lwi_field f = {0};
        LW_TRY(lwi_wire_next(&n->message, &f));
        if (f.id != n->id) continue;
        if (f.type == n->type) {
            *bits = f.bits;
            return LW_OK;
        }
        LW_TRY(lwi_field_body(&f, &n->packed));
    }
}

lw_status lwi_numbers_count(lwi_numbers n, size_t *count) {
    bool more = true;
    uint64_t bits;
    for (*count = 0;; ++*count) {
        LW_TRY(lwi_numbers_next(&n, &bits, &more));
        if (!more) return LW_OK;
    }
}

lw_status lwi_wire_count(lwi_wire message, uint32_t id, size_t *count) {
    lwi_field f = {0};
    *count = 0;
    while (message.at < message.end) {
        LW_TRY(lwi_wire_next(&message, &f));
        if (f.id == id) ++*count;
    }
    return LW_OK;
}
