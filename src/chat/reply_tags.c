/* SPDX-License-Identifier: MIT
 * Tool calls written with tags, names and separators. */
#include "chat/reply.h"

#include <string.h>

static size_t length(lwi_span s) { return (size_t)(s.end - s.at); }

/* One line break at each end is not part of a value. */
static lwi_span without_line_breaks(lwi_span s) {
    if (s.at < s.end && *s.at == '\n') s.at++;
    if (s.at < s.end && s.end[-1] == '\n') s.end--;
    return s;
}

/* How one family of tags looks. Names stand between the end of an opening mark and `name_end`. */
typedef struct tags {
    const char *call, *call_name_end, *call_close;
    const char *key, *key_end, *value_close;
} tags;
static const tags families[] = {
    {"<function=", ">", "</function>", "<parameter=", ">", "</parameter>"},
    {"<function name=\"", "\">", "</function>", "<param name=\"", "\"", "</param>"},
    {"<atem:invoke name=\"", "\">", "</atem:invoke>", "<atem:parameter name=\"", "\"",
     "</atem:parameter>"},
    {"<invoke name=\"", "\">", "</invoke>", "<parameter name=\"", "\"", "</parameter>"},
    {"<\xef\xbd\x9c"
     "DSML\xef\xbd\x9cinvoke name=\"",
     "\">",
     "</\xef\xbd\x9c"
     "DSML\xef\xbd\x9cinvoke>",
     "<\xef\xbd\x9c"
     "DSML\xef\xbd\x9cparameter name=\"",
     "\"",
     "</\xef\xbd\x9c"
     "DSML\xef\xbd\x9cparameter>"},
    {NULL, NULL, NULL, NULL, NULL, NULL}};

/* The text up to a mark, which is skipped; all of it if there is no such mark. */
static lwi_span take_until(lwi_span *s, const char *mark) {
    lwi_span found, taken = *s;
    if (lwi_span_find(*s, mark, &found)) taken.end = found.at, s->at = found.end;
    else s->at = s->end;
    return taken;
}

static lw_status tag_parameters(lwi_calls *calls, const tags *t, lwi_span name, lwi_span body,
                                lwi_buffer *object) {
    lwi_span found;
    while (lwi_span_find(body, t->key, &found)) {
        body.at = found.end;
        const lwi_span key = lwi_span_trim(take_until(&body, t->key_end));
        if (strcmp(t->key_end, ">")) (void)take_until(&body, ">"); /* further attributes */
        const lwi_span value = without_line_breaks(take_until(&body, t->value_close));
        LW_TRY(lwi_add_argument(calls, name.at, length(name), key.at, length(key), value.at,
                                length(value), object));
    }
    return LW_OK;
}

/* A call whose arguments are an object, a string that holds one, or nothing; marks may follow. */
static lw_status call_with(lwi_calls *calls, lwi_span name, lwi_span arguments, bool *understood) {
    static const char nothing[] = "{}";
    const lwi_json_item *item = NULL;
    lwi_span s = lwi_span_trim(arguments);
    if (!length(s)) return lwi_add_call(calls, name.at, length(name), NULL, nothing, 2);
    if (*s.at == '{') {
        const char *end = lwi_json_end(s);
        if (end) s.end = end;
        return lwi_add_call(calls, name.at, length(name), NULL, s.at, length(s));
    }
    const char *quote = *s.at == '"' ? memrchr(s.at, '"', length(s)) : NULL;
    lwi_arena arena;
    lw_status status = LW_OK;
    lwi_arena_init(&arena, calls->text.allocator);
    *understood =
        quote && lwi_json_parse(&arena, s.at, (size_t)(quote + 1 - s.at), NULL, &item) == LW_OK;
    if (*understood)
        status = lwi_add_call(calls, name.at, length(name), NULL, item->text, item->size);
    lwi_arena_free(&arena);
    return status;
}

static bool is_object(lwi_span s) {
    s = lwi_span_trim(s);
    return s.at < s.end && (*s.at == '{' || *s.at == '"');
}

static lw_status tag_call(lwi_calls *calls, const tags *t, lwi_span name, lwi_span body) {
    lwi_buffer object = lwi_buffer_new(calls->text.allocator);
    lw_status status = lwi_buffer_put(&object, "{", 1);
    if (status == LW_OK) status = tag_parameters(calls, t, name, body, &object);
    if (status == LW_OK) status = lwi_buffer_put(&object, "}", 1);
    if (status == LW_OK)
        status = lwi_add_call(calls, name.at, length(name), NULL, object.data, object.size);
    lwi_buffer_free(&object);
    return status;
}

/* <function=name> parameters or JSON </function>, as often as it comes. */
static lw_status tag_calls(lwi_calls *calls, const tags *t, lwi_span s, bool *understood) {
    lwi_span found;
    while (lwi_span_find(s, t->call, &found)) {
        s.at = found.end;
        const lwi_span name = lwi_span_trim(take_until(&s, t->call_name_end));
        const lwi_span body = take_until(&s, t->call_close);
        *understood = length(name) > 0;
        if (!*understood) return LW_OK;
        LW_TRY(is_object(body) ? call_with(calls, name, body, understood)
                               : tag_call(calls, t, name, body));
    }
    return LW_OK;
}

/* name <arg_key>k</arg_key> <arg_value>v</arg_value> ... */
static lw_status key_value_call(lwi_calls *calls, lwi_span s, bool *understood) {
    lwi_span found, name = {s.at, s.end};
    if (lwi_span_find(s, "<arg_key>", &found)) name.end = found.at;
    name = lwi_span_trim(name);
    *understood = length(name) > 0 && !memchr(name.at, ' ', length(name));
    if (!*understood) return LW_OK;
    lwi_buffer object = lwi_buffer_new(calls->text.allocator);
    lw_status status = lwi_buffer_put(&object, "{", 1);
    while (status == LW_OK && lwi_span_find(s, "<arg_key>", &found)) {
        s.at = found.end;
        const lwi_span key = lwi_span_trim(take_until(&s, "</arg_key>"));
        (void)take_until(&s, "<arg_value>");
        const lwi_span value = without_line_breaks(take_until(&s, "</arg_value>"));
        status = lwi_add_argument(calls, name.at, length(name), key.at, length(key), value.at,
                                  length(value), &object);
    }
    if (status == LW_OK) status = lwi_buffer_put(&object, "}", 1);
    if (status == LW_OK)
        status = lwi_add_call(calls, name.at, length(name), NULL, object.data, object.size);
    lwi_buffer_free(&object);
    return status;
}

lw_status lwi_read_tagged_calls(lwi_calls *calls, const char *text, size_t size, bool *understood) {
    const lwi_span s = lwi_span_trim((lwi_span){text, text + size});
    lwi_span found;
    *understood = false;
    if (s.at == s.end) return LW_OK;
    if (*s.at == '{' || *s.at == '[') return lwi_read_json_calls(calls, text, size, understood);
    for (const tags *t = families; t->call; t++)
        if (lwi_span_find(s, t->call, &found)) return tag_calls(calls, t, s, understood);
    return key_value_call(calls, s, understood);
}

/* --------------------------------------------------------------- named calls */

/* Where a call's name is told from its arguments, and what may follow the arguments. */
static const char *const separators[] = {"<\xef\xbd\x9ctool\xe2\x96\x81sep\xef\xbd\x9c>",
                                         "<|tool_call_argument_begin|>",
                                         "<|tool_call:args|>",
                                         "[ARGS]",
                                         "<|message|>",
                                         "\n",
                                         NULL};

/* "functions.name:3" is name; "function<sep>name\n```json" has its name behind the separator. */
static lwi_span bare_name(lwi_span s) {
    static const char *const noise[] = {"functions.", "[CALL_ID]", "<|channel|>", "<|constrain|>",
                                        " ",          ":",         NULL};
    lwi_span after_id;
    if (lwi_span_find(s, "<|tool_call:name|>", &after_id)) s.at = after_id.end;
    if (lwi_span_starts(s, "functions.")) s.at += 10;
    for (int i = 1; noise[i]; i++) {
        lwi_span found;
        if (lwi_span_find(s, noise[i], &found)) s.end = found.at;
    }
    return lwi_span_trim(s);
}

static lw_status named_call(lwi_calls *calls, lwi_span s, bool *understood) {
    lwi_span found, name = s, rest = {s.end, s.end};
    s = lwi_span_trim(s);
    for (int i = 0; separators[i]; i++)
        if (lwi_span_find(s, separators[i], &found)) {
            name = (lwi_span){s.at, found.at}, rest = (lwi_span){found.end, s.end};
            break;
        }
    const lwi_span kind = lwi_span_trim(name);
    if (length(kind) == 8 && lwi_span_starts(kind, "function")) name = take_until(&rest, "\n");
    name = bare_name(lwi_span_trim(name));
    rest = lwi_span_trim(rest);
    if (lwi_span_starts(rest, "```json")) rest.at += 7;
    *understood = length(name) > 0;
    return *understood ? call_with(calls, name, rest, understood) : LW_OK;
}

/* Calls between marks, or one call without any. */
lw_status lwi_read_named_calls(lwi_calls *calls, const char *text, size_t size, bool *understood) {
    static const char *const marks[][2] = {{"<\xef\xbd\x9ctool\xe2\x96\x81"
                                            "call\xe2\x96\x81"
                                            "begin\xef\xbd\x9c>",
                                            "<\xef\xbd\x9ctool\xe2\x96\x81"
                                            "call\xe2\x96\x81"
                                            "end\xef\xbd\x9c>"},
                                           {"<|tool_call_begin|>", "<|tool_call_end|>"},
                                           {"<|tool_call:begin|>", "<|tool_call:end|>"},
                                           {"[TOOL_CALLS]", "[TOOL_CALLS]"},
                                           {NULL, NULL}};
    lwi_span s = lwi_span_trim((lwi_span){text, text + size}), found;
    *understood = false;
    if (s.at < s.end && *s.at == '[' && !lwi_span_starts(s, "[TOOL_CALLS]"))
        return lwi_read_json_calls(calls, text, size, understood);
    for (int i = 0; marks[i][0]; i++) {
        const bool again = marks[i][0][0] == '['; /* the first one opened the section */
        if (!lwi_span_find(s, marks[i][0], &found)) continue;
        if (again) found = (lwi_span){s.at, s.at};
        while (s.at < s.end) {
            s.at = found.end;
            LW_TRY(named_call(calls, take_until(&s, marks[i][1]), understood));
            if (!*understood) return LW_OK;
            if (again) found.end = s.at;
            else if (!lwi_span_find(s, marks[i][0], &found)) return LW_OK;
        }
        return LW_OK;
    }
    return named_call(calls, s, understood);
}
