/* SPDX-License-Identifier: MIT
 * Reading protocol buffers in place (https://protobuf.dev/programming-guides/encoding). Nothing is
 * copied and nothing recurses: a message is a range of bytes. */
#ifndef LWI_WIRE_H
#define LWI_WIRE_H

#include "base/memory.h"

typedef struct lwi_wire {
    const uint8_t *at, *end;
} lwi_wire;

typedef enum lwi_wire_type {
    LWI_WIRE_VARINT = 0,
    LWI_WIRE_FIXED64 = 1,
    LWI_WIRE_BYTES = 2,
    LWI_WIRE_FIXED32 = 5
} lwi_wire_type;

typedef struct lwi_field {
    uint32_t id;
    lwi_wire_type type;
    uint64_t bits; /* of a number */
    lwi_wire body; /* of bytes: a message, a string, packed numbers */
} lwi_field;

static inline size_t lwi_wire_size(lwi_wire w) { return (size_t)(w.end - w.at); }

/* Reads one field and moves on; to be called while w->at < w->end. */
lw_status lwi_wire_next(lwi_wire *w, lwi_field *field);

/* A field's content as what its message says it is; LW_CORRUPT if the file has something else. */
lw_status lwi_field_int(const lwi_field *field, int64_t *value);
lw_status lwi_field_float(const lwi_field *field, float *value);
lw_status lwi_field_body(const lwi_field *field, lwi_wire *body);
/* A zero-terminated copy. */
lw_status lwi_field_text(const lwi_field *field, lwi_arena *arena, const char **text);
/* The same; LW_CORRUPT if there is a zero inside. */
lw_status lwi_field_name(const lwi_field *field, lwi_arena *arena, const char **name);

/* Walks the numbers of a repeated field, packed or not. */
typedef struct lwi_numbers {
    lwi_wire message, packed;
    uint32_t id;
    lwi_wire_type type; /* of a number that is not packed */
} lwi_numbers;

lw_status lwi_numbers_next(lwi_numbers *numbers, uint64_t *bits, bool *more);
lw_status lwi_numbers_count(lwi_numbers numbers, size_t *count);
/* How often the field is there. */
lw_status lwi_wire_count(lwi_wire message, uint32_t id, size_t *count);

#endif
