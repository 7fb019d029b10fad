/* SPDX-License-Identifier: MIT
 * Writes JSON (RFC 8259) to stdout. Numbers that JSON does not have (NaN, infinity) become null. */
#ifndef LWI_JSON_H
#define LWI_JSON_H

#include <lampwick.h>

typedef struct lwi_json {
    int depth;
    bool filled; /* the open array or object has a member already */
    bool keyed;  /* a key has just been written */
    bool flat;   /* on one line from here on */
} lwi_json;

void lwi_show_open(lwi_json *json, char bracket); /* '{' or '[' */
void lwi_show_close(lwi_json *json, char bracket);
void lwi_show_key(lwi_json *json, const char *key);
void lwi_show_text(lwi_json *json, const char *text);
void lwi_show_string(lwi_json *json, const char *data, size_t size);
void lwi_show_number(lwi_json *json, double number);
void lwi_show_integer(lwi_json *json, int64_t number);
void lwi_show_bool(lwi_json *json, bool truth);
void lwi_show_null(lwi_json *json);
/* A key and a value. */
void lwi_show_set_text(lwi_json *json, const char *key, const char *text);
void lwi_show_set_number(lwi_json *json, const char *key, double number);
void lwi_show_set_integer(lwi_json *json, const char *key, int64_t number);
/* A value of any kind: tensors as {"type", "shape", "data"} with nested arrays. */
void lwi_show_value(lwi_json *json, const lw_value *value);

#endif
