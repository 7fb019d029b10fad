/* SPDX-License-Identifier: MIT */
#include "json.h"

#include "base/json_write.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* What comes before any value or key. */
static void begin(lwi_json *json) {
    if (json->keyed) {
        json->keyed = false;
        return;
    }
    if (json->filled) putchar(',');
    if (json->depth && !json->flat) printf("\n%*s", 2 * json->depth, "");
    else if (json->filled) putchar(' ');
    json->filled = true;
}

void lwi_show_open(lwi_json *json, char bracket) {
    begin(json);
    putchar(bracket);
    json->depth++;
    json->filled = false;
}

void lwi_show_close(lwi_json *json, char bracket) {
    json->depth--;
    if (json->filled && !json->flat) printf("\n%*s", 2 * json->depth, "");
    putchar(bracket);
    json->filled = true;
    if (!json->depth) putchar('\n');
}

static void put_string(const char *data, size_t size) {
    char escape[LWI_JSON_ESCAPE];
    putchar('"');
    for (const char *p = data, *end = data + size; p < end;) {
        const size_t n = lwi_json_escape(&p, end, false, escape);
        fwrite(escape, 1, n, stdout);
    }
    putchar('"');
}

void lwi_show_string(lwi_json *json, const char *data, size_t size) {
    begin(json);
    put_string(data, size);
}

void lwi_show_text(lwi_json *json, const char *text) { lwi_show_string(json, text, strlen(text)); }

void lwi_show_key(lwi_json *json, const char *key) {
    lwi_show_text(json, key);
    fputs(": ", stdout);
    json->keyed = true;
}

void lwi_show_number(lwi_json *json, double number) {
    begin(json);
    if (isfinite(number)) printf("%.9g", number);
    else fputs("null", stdout);
}

void lwi_show_integer(lwi_json *json, int64_t number) {
    begin(json);
    printf("%" PRId64, number);
}

void lwi_show_bool(lwi_json *json, bool truth) {
    begin(json);
    fputs(truth ? "true" : "false", stdout);
}

void lwi_show_null(lwi_json *json) {
    begin(json);
    fputs("null", stdout);
}

void lwi_show_set_text(lwi_json *json, const char *key, const char *text) {
    lwi_show_key(json, key);
    lwi_show_text(json, text);
}

void lwi_show_set_number(lwi_json *json, const char *key, double number) {
    lwi_show_key(json, key);
    lwi_show_number(json, number);
}

void lwi_show_set_integer(lwi_json *json, const char *key, int64_t number) {
    lwi_show_key(json, key);
    lwi_show_integer(json, number);
}

static void put_element(lwi_json *json, const lw_value *tensor, size_t i) {
    const lw_dtype dtype = lw_tensor_dtype(tensor);
    const void *data = lw_tensor_data(tensor);
    const bool narrow = dtype == LW_COMPLEX64;
    if (dtype == LW_STRING) {
        const lw_string *s = (const lw_string *)data + i;
        lwi_show_string(json, s->data, s->size);
    } else if (dtype == LW_BOOL) {
        lwi_show_bool(json, lw_tensor_get(tensor, i) != 0);
    } else if (dtype == LW_INT64) {
        lwi_show_integer(json, ((const int64_t *)data)[i]);
    } else if (narrow || dtype == LW_COMPLEX128) {
        lwi_show_open(json, '[');
        for (size_t k = 2 * i; k < 2 * i + 2; k++)
            lwi_show_number(json,
                            narrow ? (double)((const float *)data)[k] : ((const double *)data)[k]);
        lwi_show_close(json, ']');
    } else {
        lwi_show_number(json, lw_tensor_get(tensor, i));
    }
}

static void put_data(lwi_json *json, const lw_value *tensor, int axis, size_t *at) {
    if (axis == lw_tensor_rank(tensor)) {
        put_element(json, tensor, (*at)++);
        return;
    }
    lwi_show_open(json, '[');
    /* Rows of nothing are left out: there may be very many of them. */
    for (int64_t i = 0; i < lw_tensor_dims(tensor)[axis] && lw_tensor_count(tensor); i++)
        put_data(json, tensor, axis + 1, at);
    lwi_show_close(json, ']');
}

static void put_tensor(lwi_json *json, const lw_value *tensor) {
    lwi_show_open(json, '{');
    lwi_show_set_text(json, "type", lw_dtype_name(lw_tensor_dtype(tensor)));
    const bool flat = json->flat;
    lwi_show_key(json, "shape");
    json->flat = true;
    lwi_show_open(json, '[');
    for (int i = 0; i < lw_tensor_rank(tensor); i++)
        lwi_show_integer(json, lw_tensor_dims(tensor)[i]);
    lwi_show_close(json, ']');
    json->flat = flat;
    lwi_show_key(json, "data");
    json->flat = true;
    size_t at = 0;
    put_data(json, tensor, 0, &at);
    json->flat = flat;
    lwi_show_close(json, '}');
}

void lwi_show_value(lwi_json *json, const lw_value *value) {
    const lw_kind kind = lw_value_kind(value);
    if (kind == LW_KIND_TENSOR) {
        put_tensor(json, value);
    } else if (kind == LW_KIND_MAP) {
        lwi_show_open(json, '{');
        lwi_show_key(json, "keys");
        put_tensor(json, lw_map_keys(value));
        lwi_show_key(json, "values");
        put_tensor(json, lw_map_values(value));
        lwi_show_close(json, '}');
    } else if (kind == LW_KIND_OPTIONAL && !lw_value_item_count(value)) {
        lwi_show_null(json);
    } else if (kind == LW_KIND_OPTIONAL) {
        lwi_show_value(json, lw_value_item(value, 0));
    } else {
        lwi_show_open(json, '[');
        for (size_t i = 0; i < lw_value_item_count(value); i++)
            lwi_show_value(json, lw_value_item(value, i));
        lwi_show_close(json, ']');
    }
}
