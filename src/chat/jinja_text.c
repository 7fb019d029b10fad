/* SPDX-License-Identifier: MIT
 * str() and repr() of values. */
#include "base/double_text.h"
#include "base/utf8.h"
#include "chat/jinja_nodes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What repr() of a string shows as it is: not controls, marks of direction, other spaces, private
 * characters and noncharacters. */
static bool is_printable(uint32_t c) {
    static const uint32_t hidden[][2] = {
        {0, 0x1f},        {0x7f, 0xa0},     {0xad, 0xad},       {0x600, 0x605},
        {0x61c, 0x61c},   {0x6dd, 0x6dd},   {0x70f, 0x70f},     {0x1680, 0x1680},
        {0x180e, 0x180e}, {0x2000, 0x200f}, {0x2028, 0x202f},   {0x205f, 0x206f},
        {0x3000, 0x3000}, {0xd800, 0xf8ff}, {0xfdd0, 0xfdef},   {0xfeff, 0xfeff},
        {0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe00ff}, {0xe01f0, 0x10ffff}};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        if (c >= hidden[i][0] && c <= hidden[i][1]) return false;
    return true;
}

static lw_status put_character(lwi_text *text, const char **at, const char *end, char quote) {
    char escape[16];
    const char *start = *at;
    const uint32_t c = lwi_utf8_next(at, end);
    const char name = c == '\n'                           ? 'n'
                      : c == '\r'                         ? 'r'
                      : c == '\t'                         ? 't'
                      : c == '\\' || c == (uint32_t)quote ? (char)c
                                                          : 0;
    if (!name && is_printable(c)) return lwi_put(text, start, (size_t)(*at - start));
    int n;
    if (name) n = snprintf(escape, sizeof escape, "\\%c", name);
    else if (c < 0x100) n = snprintf(escape, sizeof escape, "\\x%02" PRIx32, c);
    else if (c < 0x10000) n = snprintf(escape, sizeof escape, "\\u%04" PRIx32, c);
    else n = snprintf(escape, sizeof escape, "\\U%08" PRIx32, c);
    return lwi_put(text, escape, (size_t)n);
}

static lw_status put_quoted(lwi_text *text, lwi_val v) {
    const bool single = v.size && memchr(v.text, '\'', v.size);
    const char quote = single && !memchr(v.text, '"', v.size) ? '"' : '\'';
    LW_TRY(lwi_put_times(text, quote, 1));
    for (const char *p = v.text, *end = p + v.size; p < end;)
        LW_TRY(put_character(text, &p, end, quote));
    return lwi_put_times(text, quote, 1);
}

static lw_status put_list(lwi_text *text, const lwi_list *list, bool tuple) {
    LW_TRY(lwi_put(text, tuple ? "(" : "[", 1));
    for (size_t i = 0; i < list->count; i++) {
        if (i) LW_TRY(lwi_put(text, ", ", 2));
        LW_TRY(lwi_put_repr(text, list->items[i]));
    }
    if (tuple && list->count == 1) LW_TRY(lwi_put(text, ",", 1));
    return lwi_put(text, tuple ? ")" : "]", 1);
}

static lw_status put_dict(lwi_text *text, const lwi_dict *dict) {
    LW_TRY(lwi_put(text, "{", 1));
    for (size_t i = 0; i < dict->count; i++) {
        if (i) LW_TRY(lwi_put(text, ", ", 2));
        LW_TRY(lwi_put_repr(text, dict->pairs[i].key));
        LW_TRY(lwi_put(text, ": ", 2));
        LW_TRY(lwi_put_repr(text, dict->pairs[i].value));
    }
    return lwi_put(text, "}", 1);
}

static lw_status put_number(lwi_text *text, lwi_val v) {
    char digits[LWI_DOUBLE_TEXT];
    const size_t n = v.kind == LWI_FLOAT
                         ? lwi_double_text(v.number, NULL, NULL, digits)
                         : (size_t)snprintf(digits, sizeof digits, "%" PRId64, v.integer);
    return lwi_put(text, digits, n);
}

static lw_status put_loop(lwi_text *text, const lwi_loop *loop) {
    char shown[64];
    const int n =
        snprintf(shown, sizeof shown, "<LoopContext %zu/%zu>", loop->index + 1, loop->items.count);
    return lwi_put(text, shown, (size_t)n);
}

static lw_status put_shape(lwi_text *text, lwi_val v) {
    switch ((lwi_val_kind)v.kind) {
    case LWI_UNDEFINED:
        return lwi_put_zero_ended(text, "Undefined");
    case LWI_NONE:
        return lwi_put_zero_ended(text, "None");
    case LWI_BOOL:
        return lwi_put_zero_ended(text, v.truth ? "True" : "False");
    case LWI_INT:
    case LWI_FLOAT:
        return put_number(text, v);
    case LWI_STR:
        return put_quoted(text, v);
    case LWI_LIST:
    case LWI_TUPLE:
        return put_list(text, v.list, v.kind == LWI_TUPLE);
    case LWI_DICT:
        return put_dict(text, v.dict);
    case LWI_NAMESPACE:
        LW_TRY(lwi_put_zero_ended(text, "<Namespace "));
        LW_TRY(put_dict(text, v.dict));
        return lwi_put(text, ">", 1);
    case LWI_LOOP:
        return put_loop(text, v.loop);
    default:
        LW_TRY(lwi_put(text, "<", 1));
        LW_TRY(lwi_put_zero_ended(text, lwi_type_name(v)));
        return lwi_put(text, ">", 1);
    }
}

lw_status lwi_put_repr(lwi_text *text, lwi_val v) {
    LW_TRY(lwi_deeper(text->run));
    LW_TRY(put_shape(text, v));
    text->run->depth--;
    return LW_OK;
}

lw_status lwi_put_value(lwi_text *text, lwi_val v) {
    if (v.kind == LWI_STR) return lwi_put(text, v.text, v.size);
    if (v.kind != LWI_UNDEFINED) return lwi_put_repr(text, v);
    if (v.unsafe) return LWI_WRONG("access to attribute '%s' is unsafe", v.text);
    return LW_OK;
}

lw_status lwi_to_text(lwi_jinja *run, lwi_val value, lwi_val *text) {
    if (value.kind == LWI_STR) {
        *text = value;
        return LW_OK;
    }
    lwi_text out = {.run = run};
    LW_TRY(lwi_put_value(&out, value));
    *text = lwi_text_value(&out);
    return LW_OK;
}
