/* SPDX-License-Identifier: MIT
 * Tool calls from the texts by which models make them. */
#include "base/hash.h"
#include "chat/reply.h"

#include <stdio.h>
#include <string.h>

static size_t length(lwi_span s) { return (size_t)(s.end - s.at); }

bool lwi_span_find(lwi_span text, const char *mark, lwi_span *found) {
    const size_t n = strlen(mark);
    const char *at = length(text) ? memmem(text.at, length(text), mark, n) : NULL;
    if (at) *found = (lwi_span){at, at + n};
    return at != NULL;
}

static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

lwi_span lwi_span_trim(lwi_span s) {
    while (s.at < s.end && is_space(*s.at))
        s.at++;
    while (s.at < s.end && is_space(s.end[-1]))
        s.end--;
    return s;
}

bool lwi_span_starts(lwi_span text, const char *mark) {
    const size_t n = strlen(mark);
    return length(text) >= n && !memcmp(text.at, mark, n);
}

/* ------------------------------------------------------------------ one call */

static lw_status put_call(lwi_buffer *t, const char *name, size_t name_size, const char *id,
                          const char *arguments, size_t size) {
    LW_TRY(lwi_buffer_text(t, "\"id\":"));
    LW_TRY(lwi_buffer_json_string(t, id, strlen(id)));
    LW_TRY(lwi_buffer_text(t, ",\"type\":\"function\",\"function\":{\"name\":"));
    LW_TRY(lwi_buffer_json_string(t, name, name_size));
    LW_TRY(lwi_buffer_text(t, ",\"arguments\":"));
    LW_TRY(lwi_buffer_json_string(t, arguments, size));
    return lwi_buffer_text(t, "}}");
}

/* Of the form that Mistral's templates want: nine letters and digits. */
static void make_id(const lwi_calls *calls, char id[10]) {
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    uint64_t bits = lwi_hash(calls->name, &calls->count, sizeof calls->count);
    for (int i = 0; i < 9; i++, bits /= 62)
        id[i] = digits[bits % 62];
    id[9] = 0;
}

lw_status lwi_add_call(lwi_calls *calls, const char *name, size_t name_size, const char *id,
                       const char *arguments, size_t size) {
    char number[40], own_id[10];
    lwi_buffer *deltas = &calls->deltas;
    make_id(calls, own_id);
    if (!id || !*id) id = own_id;
    LW_TRY(lwi_buffer_text(&calls->text, calls->count ? ",{" : "{"));
    LW_TRY(put_call(&calls->text, name, name_size, id, arguments, size));
    snprintf(number, sizeof number, "%s{\"index\":%zu,", deltas->size ? "," : "", calls->count);
    LW_TRY(lwi_buffer_text(deltas, number));
    LW_TRY(put_call(deltas, name, name_size, id, arguments, size));
    calls->count++;
    return LW_OK;
}

/* ---------------------------------------------------------------------- JSON */

/* The first of some members that is there. */
static const lwi_json_item *one_of(const lwi_json_item *object, const char *const *keys) {
    for (; *keys; keys++) {
        const lwi_json_item *item = lwi_json_get(object, *keys);
        if (item) return item;
    }
    return NULL;
}

static lw_status add_json_call(lwi_calls *calls, const lwi_json_item *name, const char *id,
                               const lwi_json_item *arguments) {
    lwi_buffer text = lwi_buffer_new(calls->text.allocator);
    lw_status status = LW_OK;
    const char *data = "{}";
    size_t size = 2;
    if (lwi_json_is(arguments, LWI_JSON_STRING)) {
        data = arguments->text, size = arguments->size; /* JSON within JSON */
    } else if (arguments && arguments->kind != LWI_JSON_NULL) {
        status = lwi_buffer_json(&text, arguments);
        data = text.data, size = text.size;
    }
    if (status == LW_OK) status = lwi_add_call(calls, name->text, name->size, id, data, size);
    lwi_buffer_free(&text);
    return status;
}

/* An object that calls a tool: {"name", "arguments"} under one of several names, or
 * {"the name": {arguments}}. */
static lw_status json_call(lwi_calls *calls, const lwi_json_item *o, bool *understood) {
    static const char *const names[] = {"name", "tool_name", "function", NULL};
    static const char *const values[] = {"arguments", "parameters", "args", "input", NULL};
    static const char *const ids[] = {"id", "tool_call_id", "call_id", NULL};
    *understood = false;
    if (lwi_json_is(lwi_json_get(o, "function"), LWI_JSON_OBJECT)) o = lwi_json_get(o, "function");
    const lwi_json_item *name = one_of(o, names), *arguments = one_of(o, values);
    const lwi_json_item *id = one_of(o, ids);
    if (lwi_json_is(name, LWI_JSON_STRING)) {
        *understood = name->size > 0;
    } else if (lwi_json_is(o, LWI_JSON_OBJECT) && o->size == 1 &&
               lwi_json_is(&o->items[0], LWI_JSON_OBJECT)) {
        const lwi_json_item key = {
            .kind = LWI_JSON_STRING, .text = o->items[0].key, .size = o->items[0].key_size};
        *understood = true;
        return add_json_call(calls, &key, NULL, &o->items[0]);
    }
    if (!*understood) return LW_OK;
    return add_json_call(calls, name, lwi_json_is(id, LWI_JSON_STRING) ? id->text : NULL,
                         arguments);
}

static lw_status json_value(lwi_calls *calls, const lwi_json_item *item, bool *understood) {
    if (!lwi_json_is(item, LWI_JSON_ARRAY)) return json_call(calls, item, understood);
    *understood = item->size > 0;
    for (size_t i = 0; i < item->size && *understood; i++)
        LW_TRY(json_call(calls, &item->items[i], understood));
    return LW_OK;
}

const char *lwi_json_end(lwi_span s) {
    int open = 0;
    bool string = false;
    for (const char *p = s.at; p < s.end; p++) {
        if (string && *p == '\\') p++;
        else if (*p == '"') string = !string;
        else if (!string && (*p == '{' || *p == '[')) open++;
        else if (!string && (*p == '}' || *p == ']') && --open == 0) return p + 1;
    }
    return NULL;
}

/* Several values with white space, commas or semicolons between them. */
static lw_status json_values(lwi_calls *calls, lwi_arena *arena, lwi_span s, bool *understood) {
    *understood = false;
    for (s = lwi_span_trim(s); s.at < s.end; s = lwi_span_trim(s)) {
        const char *end = lwi_json_end(s);
        const lwi_json_item *item = NULL;
        if (*understood && *s.at != '{' && *s.at != '[') return LW_OK; /* marks of the end */
        *understood = false;
        if (!end || lwi_json_parse(arena, s.at, (size_t)(end - s.at), NULL, &item) != LW_OK)
            return LW_OK; /* not JSON is no fault: it is text */
        LW_TRY(json_value(calls, item, understood));
        if (!*understood) return LW_OK;
        s.at = end;
        while (s.at < s.end && (is_space(*s.at) || *s.at == ',' || *s.at == ';'))
            s.at++;
    }
    return LW_OK;
}

lw_status lwi_read_json_calls(lwi_calls *calls, const char *text, size_t size, bool *understood) {
    lwi_arena arena;
    lwi_span s = lwi_span_trim((lwi_span){text, text + size});
    if (lwi_span_starts(s, "```json")) s.at += 7;
    if (length(s) > 3 && !memcmp(s.end - 3, "```", 3)) s.end -= 3;
    lwi_arena_init(&arena, calls->text.allocator);
    const lw_status status = json_values(calls, &arena, s, understood);
    lwi_arena_free(&arena);
    return status;
}

/* ----------------------------------------------------------------- arguments */

/* What the tool's schema says of a parameter; NULL: nothing. */
static const lwi_json_item *parameter(const lwi_json_item *tools, const char *function,
                                      size_t function_size, const char *key, size_t key_size) {
    for (size_t i = 0; lwi_json_is(tools, LWI_JSON_ARRAY) && i < tools->size; i++) {
        const lwi_json_item *tool = lwi_json_get(&tools->items[i], "function");
        if (!tool) tool = &tools->items[i];
        const lwi_json_item *name = lwi_json_get(tool, "name");
        const lwi_json_item *properties =
            lwi_json_get(lwi_json_get(tool, "parameters"), "properties");
        if (!lwi_json_is(name, LWI_JSON_STRING) || name->size != function_size ||
            memcmp(name->text, function, function_size))
            continue;
        for (size_t k = 0; lwi_json_is(properties, LWI_JSON_OBJECT) && k < properties->size; k++)
            if (properties->items[k].key_size == key_size &&
                !memcmp(properties->items[k].key, key, key_size))
                return &properties->items[k];
    }
    return NULL;
}

/* Whether a text is JSON; *item is in the arena. */
static bool as_json(lwi_arena *arena, const char *text, size_t size, const lwi_json_item **item) {
    return lwi_json_parse(arena, text, size, NULL, item) == LW_OK;
}

lw_status lwi_add_argument(const lwi_calls *calls, const char *function, size_t function_size,
                           const char *key, size_t key_size, const char *value, size_t value_size,
                           lwi_buffer *object) {
    const lwi_json_item *about = parameter(calls->tools, function, function_size, key, key_size);
    const char *type = lwi_json_text(about, "type", "");
    const bool string = !strcmp(type, "string");
    bool fits = false;
    const lwi_json_item *item = NULL;
    lwi_arena arena;
    if (object->size > 1) LW_TRY(lwi_buffer_put(object, ",", 1));
    LW_TRY(lwi_buffer_json_string(object, key, key_size));
    LW_TRY(lwi_buffer_put(object, ":", 1));
    lwi_arena_init(&arena, object->allocator);
    lw_status status = LW_OK;
    if (!string && as_json(&arena, value, value_size, &item))
        status = lwi_buffer_json(object, item);
    else if (*type && !string) status = lwi_python_value(value, value_size, object, &fits);
    if (status == LW_OK && !item && !fits)
        status = lwi_buffer_json_string(object, value, value_size);
    lwi_arena_free(&arena);
    return status;
}
