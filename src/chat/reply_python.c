/* SPDX-License-Identifier: MIT
 * Tool calls written as Python does, [get(city="Paris", days=[1, 2]), time()], and as Gemma does:
 * call:get{city:<|"|>Paris<|"|>,days:[1,2]}. */
#include "chat/reply.h"

#include <string.h>

enum { DEPTH = 32 };

typedef struct reader {
    const char *at, *end;
    lwi_buffer *out; /* what is read, as JSON */
    bool fits;
} reader;

static lw_status value(reader *r, int depth);

static void skip_space(reader *r) {
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r'))
        r->at++;
}

static bool skip(reader *r, char c) {
    skip_space(r);
    if (r->at == r->end || *r->at != c) return false;
    r->at++;
    return true;
}

static bool is_name(char c, bool first) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (!first && ((c >= '0' && c <= '9') || c == '.' || c == '-'));
}

static lwi_span name(reader *r) {
    skip_space(r);
    lwi_span s = {r->at, r->at};
    while (s.end < r->end && is_name(*s.end, s.end == s.at))
        s.end++;
    r->at = s.end;
    return s;
}

static const char mark[] = "<|\"|>"; /* Gemma's quote */

static bool at_string(const reader *r) {
    return r->at < r->end &&
           (*r->at == '"' || *r->at == '\'' || lwi_span_starts((lwi_span){r->at, r->end}, mark));
}

/* What stands between Gemma's quotes has no escapes. */
static lw_status marked_string(reader *r) {
    lwi_span s = {r->at + sizeof mark - 1, r->end}, found;
    r->fits = lwi_span_find(s, mark, &found);
    if (!r->fits) return LW_OK;
    r->at = found.end;
    return lwi_buffer_json_string(r->out, s.at, (size_t)(found.at - s.at));
}

/* The usual escapes; others stay. */
static lw_status string(reader *r) {
    static const char names[] = "ntr\\'\"", values[] = "\n\t\r\\'\"";
    if (*r->at == '<') return marked_string(r);
    const char quote = *r->at++;
    lwi_buffer text = lwi_buffer_new(r->out->allocator);
    lw_status status = LW_OK;
    while (r->at < r->end && *r->at != quote && status == LW_OK) {
        const char *found = NULL;
        if (*r->at == '\\' && r->at + 1 < r->end && r->at[1]) found = strchr(names, r->at[1]);
        status = lwi_buffer_put(&text, found ? values + (found - names) : r->at, 1);
        r->at += found ? 2 : 1;
    }
    r->fits = r->at < r->end;
    if (r->fits) r->at++;
    if (status == LW_OK)
        status = lwi_buffer_json_string(r->out, text.data ? text.data : "", text.size);
    lwi_buffer_free(&text);
    return status;
}

/* In quotes, or a name without. */
static lw_status key(reader *r) {
    if (at_string(r)) return string(r);
    const lwi_span s = name(r);
    r->fits = s.at < s.end;
    return lwi_buffer_json_string(r->out, s.at, (size_t)(s.end - s.at));
}

/* Items between commas; of a dict with keys. */
static lw_status items(reader *r, char close, bool dict, int depth) {
    LW_TRY(lwi_buffer_put(r->out, dict ? "{" : "[", 1));
    for (bool first = true; r->fits && !skip(r, close); first = false) {
        r->fits = first || skip(r, ',');
        if (!first && skip(r, close)) break;
        if (!first) LW_TRY(lwi_buffer_put(r->out, ",", 1));
        skip_space(r);
        if (dict) {
            LW_TRY(key(r));
            r->fits &= skip(r, ':');
            if (!r->fits) return LW_OK;
            LW_TRY(lwi_buffer_put(r->out, ":", 1));
        }
        if (r->fits) LW_TRY(value(r, depth + 1));
    }
    return lwi_buffer_put(r->out, dict ? "}" : "]", 1);
}

static bool is_number(char c) { return (c >= '0' && c <= '9') || (c && strchr("+-.eE", c)); }

static lw_status word(reader *r) {
    static const char *const words[][2] = {{"True", "true"}, {"False", "false"}, {"None", "null"},
                                           {"true", "true"}, {"false", "false"}, {"null", "null"}};
    const lwi_span s = name(r);
    for (int i = 0; i < 6; i++)
        if ((size_t)(s.end - s.at) == strlen(words[i][0]) && lwi_span_starts(s, words[i][0]))
            return lwi_buffer_text(r->out, words[i][1]);
    r->fits = false;
    return LW_OK;
}

static lw_status value(reader *r, int depth) {
    skip_space(r);
    r->fits = r->at < r->end && depth < DEPTH;
    if (!r->fits) return LW_OK;
    const char c = *r->at;
    if (at_string(r)) return string(r);
    if (c == '[' || c == '(' || c == '{') {
        r->at++;
        return items(r, c == '[' ? ']' : c == '(' ? ')' : '}', c == '{', depth);
    }
    if (!is_number(c)) return word(r);
    const char *start = r->at;
    while (r->at < r->end && is_number(*r->at))
        r->at++;
    return lwi_buffer_put(r->out, start, (size_t)(r->at - start));
}

static lw_status call(lwi_calls *calls, reader *r) {
    lwi_span function = name(r);
    const bool method = function.end - function.at > 5 && !memcmp(function.end - 5, ".call", 5);
    if (method) function.end -= 5; /* Llama's built-in tools */
    r->fits = function.at < function.end && skip(r, '(');
    LW_TRY(lwi_buffer_put(r->out, "{", 1));
    for (bool first = true; r->fits && !skip(r, ')'); first = false) {
        r->fits = first || skip(r, ',');
        if (!first) LW_TRY(lwi_buffer_put(r->out, ",", 1));
        const lwi_span parameter = name(r);
        r->fits &= parameter.at < parameter.end && skip(r, '=');
        if (!r->fits) return LW_OK;
        LW_TRY(
            lwi_buffer_json_string(r->out, parameter.at, (size_t)(parameter.end - parameter.at)));
        LW_TRY(lwi_buffer_put(r->out, ":", 1));
        LW_TRY(value(r, 0));
    }
    LW_TRY(lwi_buffer_put(r->out, "}", 1));
    if (!r->fits) return LW_OK;
    return lwi_add_call(calls, function.at, (size_t)(function.end - function.at), NULL,
                        r->out->data, r->out->size);
}

lw_status lwi_read_python_calls(lwi_calls *calls, const char *text, size_t size, bool *understood) {
    lwi_buffer out = lwi_buffer_new(calls->text.allocator);
    reader r = {text, text + size, &out, true};
    lw_status status = LW_OK;
    (void)skip(&r, '[');
    *understood = false;
    for (bool more = true; more && status == LW_OK;) {
        out.size = 0;
        status = call(calls, &r);
        *understood = r.fits;
        more = r.fits && skip(&r, ',');
    }
    lwi_buffer_free(&out);
    if (status == LW_OK && !*understood) return lwi_read_json_calls(calls, text, size, understood);
    return status;
}

/* call:name{...} */
lw_status lwi_read_gemma_calls(lwi_calls *calls, const char *text, size_t size, bool *understood) {
    lwi_buffer out = lwi_buffer_new(calls->text.allocator);
    reader r = {text, text + size, &out, true};
    skip_space(&r);
    *understood = lwi_span_starts((lwi_span){r.at, r.end}, "call:");
    if (!*understood) return LW_OK;
    r.at += 5;
    const lwi_span function = name(&r);
    skip_space(&r);
    lw_status status = value(&r, 0);
    *understood = r.fits && function.at < function.end && out.size && *out.data == '{';
    if (status == LW_OK && *understood)
        status = lwi_add_call(calls, function.at, (size_t)(function.end - function.at), NULL,
                              out.data, out.size);
    lwi_buffer_free(&out);
    return status;
}

lw_status lwi_python_value(const char *text, size_t size, lwi_buffer *json, bool *fits) {
    const size_t before = json->size;
    reader r = {text, text + size, json, true};
    LW_TRY(value(&r, 0));
    skip_space(&r);
    *fits = r.fits && r.at == r.end && json->size > before;
    if (!*fits) json->size = before;
    return LW_OK;
}
