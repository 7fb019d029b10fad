/* SPDX-License-Identifier: MIT
 * Writing protocol buffers. The length of a message stands before it, so that everything is written
 * twice by the same code: first to count, then for good. Nothing is kept in between but the
 * lengths. After a failure nothing more is written; `status` says what it was. */
#ifndef LWI_WIRE_WRITE_H
#define LWI_WIRE_WRITE_H

#include "base/memory.h"

typedef struct lwi_wire_out {
    const lw_allocator *allocator;
    lw_status (*put)(void *arg, const void *data, size_t size); /* NULL: counts only */
    void *arg;
    uint64_t total;  /* bytes so far */
    uint64_t *sizes; /* of messages, in the order in which they begin */
    size_t n_sizes, cap_sizes;
    size_t next;        /* the message that begins next */
    uint8_t held[4096]; /* bytes not yet put */
    size_t n_held;
    lw_status status;
} lwi_wire_out;

/* Counts. */
void lwi_wire_count_open(lwi_wire_out *out, const lw_allocator *allocator);
/* Goes on to writing the same things. */
void lwi_wire_put_open(lwi_wire_out *out, lw_status (*put)(void *arg, const void *data, size_t),
                       void *arg);
/* Hands over what is held, and returns the status. */
lw_status lwi_wire_put_close(lwi_wire_out *out);
void lwi_wire_out_free(lwi_wire_out *out);

/* What stands between the two is in the message of field id; message: what the first returned. */
size_t lwi_wire_begin(lwi_wire_out *out, uint32_t id);
void lwi_wire_end(lwi_wire_out *out, size_t message);

void lwi_wire_put_int(lwi_wire_out *out, uint32_t id, int64_t value);
void lwi_wire_put_float(lwi_wire_out *out, uint32_t id, float value);
void lwi_wire_put_bytes(lwi_wire_out *out, uint32_t id, const void *data, size_t size);
void lwi_wire_put_text(lwi_wire_out *out, uint32_t id, const char *text);
/* Lists of numbers, packed; nothing if there are none. */
void lwi_wire_put_ints(lwi_wire_out *out, uint32_t id, const int64_t *values, size_t n);
void lwi_wire_put_floats(lwi_wire_out *out, uint32_t id, const float *values, size_t n);

#endif
