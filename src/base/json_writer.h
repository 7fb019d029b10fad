/* SPDX-License-Identifier: MIT
 * Writes JSON (RFC 8259) into a buffer, without white space. The first failure is kept and makes
 * all later calls do nothing, so that only the end needs a check. */
#ifndef LWI_JSON_WRITER_H
#define LWI_JSON_WRITER_H

#include "base/byte_buffer.h"

typedef struct lwi_json_writer {
    lwi_buffer text;
    lw_status status;
    bool filled; /* the open array or object has a member already */
} lwi_json_writer;

static inline lwi_json_writer lwi_json_writer_new(const lw_allocator *allocator) {
    return (lwi_json_writer){lwi_buffer_new(allocator), LW_OK, false};
}
static inline void lwi_json_writer_free(lwi_json_writer *w) { lwi_buffer_free(&w->text); }

void lwi_put_open(lwi_json_writer *w, char bracket); /* '{' or '[' */
void lwi_put_close(lwi_json_writer *w, char bracket);
void lwi_put_key(lwi_json_writer *w, const char *key);
void lwi_put_string(lwi_json_writer *w, const char *data, size_t size);
void lwi_put_text(lwi_json_writer *w, const char *text); /* NULL: null */
void lwi_put_integer(lwi_json_writer *w, int64_t number);
/* With the fewest digits that give the same number again; null if it is not finite. */
void lwi_put_number(lwi_json_writer *w, double number);
void lwi_put_float(lwi_json_writer *w, float number);
void lwi_put_bool(lwi_json_writer *w, bool truth);
void lwi_put_null(lwi_json_writer *w);
/* JSON that is there already. */
void lwi_put_json(lwi_json_writer *w, const char *json, size_t size);
void lwi_put_item(lwi_json_writer *w, const struct lwi_json_item *item);

/* A key and a value. */
void lwi_put_key_text(lwi_json_writer *w, const char *key, const char *text);
void lwi_put_key_integer(lwi_json_writer *w, const char *key, int64_t number);

#endif
