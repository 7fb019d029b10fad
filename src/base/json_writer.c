/* SPDX-License-Identifier: MIT */
#include "base/json_writer.h"

#include "base/double_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void put(lwi_json_writer *w, const char *data, size_t size) {
    if (w->status == LW_OK) w->status = lwi_buffer_put(&w->text, data, size);
}

/* What comes before a member or a value: a comma, if there is one before it. */
static void begin_value(lwi_json_writer *w) {
    if (w->filled) put(w, ",", 1);
    w->filled = true;
}

void lwi_put_open(lwi_json_writer *w, char bracket) {
    begin_value(w);
    put(w, &bracket, 1);
    w->filled = false;
}

void lwi_put_close(lwi_json_writer *w, char bracket) {
    put(w, &bracket, 1);
    w->filled = true;
}

void lwi_put_key(lwi_json_writer *w, const char *key) {
    lwi_put_text(w, key);
    put(w, ":", 1);
    w->filled = false;
}

void lwi_put_string(lwi_json_writer *w, const char *data, size_t size) {
    begin_value(w);
    if (w->status == LW_OK) w->status = lwi_buffer_json_string(&w->text, data, size);
}

void lwi_put_text(lwi_json_writer *w, const char *text) {
    if (text) lwi_put_string(w, text, strlen(text));
    else lwi_put_null(w);
}

void lwi_put_integer(lwi_json_writer *w, int64_t number) {
    char digits[24];
    lwi_put_json(w, digits, (size_t)snprintf(digits, sizeof digits, "%" PRId64, number));
}

static bool same_float(const void *user, double a, double b) {
    (void)user;
    return (float)a == (float)b;
}

static void put_number(lwi_json_writer *w, double number, lwi_same_number *same) {
    char digits[LWI_DOUBLE_TEXT];
    if (isfinite(number)) lwi_put_json(w, digits, lwi_double_text(number, same, NULL, digits));
    else lwi_put_null(w);
}

void lwi_put_number(lwi_json_writer *w, double number) { put_number(w, number, NULL); }
void lwi_put_float(lwi_json_writer *w, float number) { put_number(w, number, same_float); }
void lwi_put_bool(lwi_json_writer *w, bool truth) {
    lwi_put_json(w, truth ? "true" : "false", truth ? 4 : 5);
}
void lwi_put_null(lwi_json_writer *w) { lwi_put_json(w, "null", 4); }

void lwi_put_json(lwi_json_writer *w, const char *json, size_t size) {
    begin_value(w);
    put(w, json, size);
}

void lwi_put_item(lwi_json_writer *w, const struct lwi_json_item *item) {
    begin_value(w);
    if (w->status == LW_OK) w->status = lwi_buffer_json(&w->text, item);
}

void lwi_put_key_text(lwi_json_writer *w, const char *key, const char *text) {
    lwi_put_key(w, key);
    lwi_put_text(w, text);
}

void lwi_put_key_integer(lwi_json_writer *w, const char *key, int64_t number) {
    lwi_put_key(w, key);
    lwi_put_integer(w, number);
}
