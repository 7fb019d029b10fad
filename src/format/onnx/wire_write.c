/* SPDX-License-Identifier: MIT */
#include "format/onnx/wire_write.h"

#include "format/onnx/wire.h"

#include <string.h>

void lwi_wire_count_open(lwi_wire_out *o, const lw_allocator *allocator) {
    *o = (lwi_wire_out){.allocator = allocator};
}

void lwi_wire_put_open(lwi_wire_out *o, lw_status (*put)(void *arg, const void *data, size_t),
                       void *arg) {
    o->put = put;
    o->arg = arg;
    o->total = 0;
    o->next = 0;
}

void lwi_wire_out_free(lwi_wire_out *o) { lwi_free(o->allocator, o->sizes); }

lw_status lwi_wire_put_close(lwi_wire_out *o) {
    if (o->status == LW_OK && o->n_held) o->status = o->put(o->arg, o->held, o->n_held);
    o->n_held = 0;
    return o->status;
}

static void put_raw(lwi_wire_out *o, const void *data, size_t size) {
    o->total += size;
    if (o->status != LW_OK || !o->put || size == 0) return;
    if (size > sizeof o->held - o->n_held && lwi_wire_put_close(o) != LW_OK) return;
    if (size > sizeof o->held) {
        o->status = o->put(o->arg, data, size);
        return;
    }
    memcpy(o->held + o->n_held, data, size);
    o->n_held += size;
}

static void put_varint(lwi_wire_out *o, uint64_t v) {
    uint8_t bytes[10];
    size_t n = 0;
    for (; v > 0x7f; v >>= 7)
        bytes[n++] = (uint8_t)(v | 0x80);
    bytes[n++] = (uint8_t)v;
    put_raw(o, bytes, n);
}

static void put_tag(lwi_wire_out *o, uint32_t id, lwi_wire_type type) {
    put_varint(o, (uint64_t)id << 3 | type);
}

/* While counting, sizes holds where the message begins until it ends. */
size_t lwi_wire_begin(lwi_wire_out *o, uint32_t id) {
    put_tag(o, id, LWI_WIRE_BYTES);
    const size_t message = o->next++;
    if (o->status != LW_OK) return message;
    if (o->put) {
        put_varint(o, o->sizes[message]);
        return message;
    }
    o->status = lwi_grow(o->allocator, &o->sizes, &o->cap_sizes, o->n_sizes + 1, sizeof *o->sizes);
    if (o->status == LW_OK) o->sizes[o->n_sizes++] = o->total;
    return message;
}

void lwi_wire_end(lwi_wire_out *o, size_t message) {
    if (o->put || o->status != LW_OK) return;
    const uint64_t size = o->total - o->sizes[message];
    o->sizes[message] = size;
    put_varint(o, size);
}

void lwi_wire_put_int(lwi_wire_out *o, uint32_t id, int64_t value) {
    put_tag(o, id, LWI_WIRE_VARINT);
    put_varint(o, (uint64_t)value);
}

static void put_float(lwi_wire_out *o, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint8_t bytes[4] = {(uint8_t)bits, (uint8_t)(bits >> 8), (uint8_t)(bits >> 16),
                              (uint8_t)(bits >> 24)};
    put_raw(o, bytes, sizeof bytes);
}

void lwi_wire_put_float(lwi_wire_out *o, uint32_t id, float value) {
    put_tag(o, id, LWI_WIRE_FIXED32);
    put_float(o, value);
}

void lwi_wire_put_bytes(lwi_wire_out *o, uint32_t id, const void *data, size_t size) {
    put_tag(o, id, LWI_WIRE_BYTES);
    put_varint(o, size);
    put_raw(o, data, size);
}

void lwi_wire_put_text(lwi_wire_out *o, uint32_t id, const char *text) {
    lwi_wire_put_bytes(o, id, text, strlen(text));
}

void lwi_wire_put_ints(lwi_wire_out *o, uint32_t id, const int64_t *values, size_t n) {
    if (n == 0) return;
    const size_t list = lwi_wire_begin(o, id);
    for (size_t i = 0; i < n; i++)
        put_varint(o, (uint64_t)values[i]);
    lwi_wire_end(o, list);
}

void lwi_wire_put_floats(lwi_wire_out *o, uint32_t id, const float *values, size_t n) {
    if (n == 0) return;
    const size_t list = lwi_wire_begin(o, id);
    for (size_t i = 0; i < n; i++)
        put_float(o, values[i]);
    lwi_wire_end(o, list);
}
