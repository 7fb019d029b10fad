/* SPDX-License-Identifier: MIT
 * Regular expressions (of ECMA 262, the part that schemas use) as GBNF for the inside of a JSON
 * string: quotes, backslashes and controls stand there as escapes. */
#include "base/utf8.h"
#include "chat/grammar_schema.h"

#include <string.h>

enum { DEPTH = 50, MOST_RANGES = 200 };

typedef struct pattern {
    const char *at, *end;
    lwi_buffer *to;
    unsigned depth;
} pattern;

typedef struct set {
    uint32_t ranges[MOST_RANGES][2];
    size_t count;
} set;

static lw_status alternatives(pattern *p, bool top);

static lw_status unsupported(void) { return lwi_schema_unsupported("pattern"); }

static char peek(const pattern *p) { return p->at < p->end ? *p->at : 0; }

static lw_status add(set *s, uint32_t first, uint32_t last) {
    if (s->count == MOST_RANGES) return unsupported();
    s->ranges[s->count][0] = first, s->ranges[s->count++][1] = last;
    return LW_OK;
}

/* Sorts, and takes the complement. */
static lw_status invert(set *s) {
    set other = {.count = 0};
    uint32_t next = 0;
    for (size_t i = 1; i < s->count; i++)
        for (size_t k = i; k > 0 && s->ranges[k - 1][0] > s->ranges[k][0]; k--) {
            uint32_t swap[2];
            memcpy(swap, s->ranges[k], sizeof swap);
            memcpy(s->ranges[k], s->ranges[k - 1], sizeof swap);
            memcpy(s->ranges[k - 1], swap, sizeof swap);
        }
    for (size_t i = 0; i < s->count; i++) {
        if (s->ranges[i][0] > next) LW_TRY(add(&other, next, s->ranges[i][0] - 1));
        if (s->ranges[i][1] >= next) next = s->ranges[i][1] + 1;
    }
    if (next <= 0x10ffff) LW_TRY(add(&other, next, 0x10ffff));
    *s = other;
    return LW_OK;
}

/* \d \w \s and their opposites; false: c is none of these. */
static bool named_set(char c, set *s, lw_status *status) {
    static const char names[] = "dws";
    const char *found = c ? strchr(names, c | 32) : NULL;
    if (!found) return false;
    set own = {.count = 0};
    *status = LW_OK;
    if (*found != 's') *status = add(&own, '0', '9');
    if (*found == 'w') {
        (void)add(&own, 'A', 'Z');
        (void)add(&own, '_', '_');
        *status = add(&own, 'a', 'z');
    }
    if (*found == 's') {
        (void)add(&own, '\t', '\r');
        *status = add(&own, ' ', ' ');
    }
    if (!(c & 32)) *status = invert(&own);
    for (size_t i = 0; i < own.count && *status == LW_OK; i++)
        *status = add(s, own.ranges[i][0], own.ranges[i][1]);
    return true;
}

static lw_status hex(pattern *p, int digits, uint32_t *point) {
    *point = 0;
    for (int i = 0; i < digits; i++, p->at++) {
        const char c = peek(p), small = c | 32;
        if (c >= '0' && c <= '9') *point = *point << 4 | (uint32_t)(c - '0');
        else if (small >= 'a' && small <= 'f') *point = *point << 4 | (uint32_t)(small - 'a' + 10);
        else return unsupported();
    }
    return LW_OK;
}

/* The character of an escape; at is behind the backslash. */
static lw_status escape(pattern *p, uint32_t *point) {
    static const char names[] = "nrtfv0", values[] = "\n\r\t\f\v";
    const char c = peek(p), small = c | 32;
    if (!c) return unsupported();
    if (c == 'x' || c == 'u') {
        p->at++;
        return hex(p, c == 'x' ? 2 : 4, point);
    }
    const char *found = strchr(names, c);
    if (!found && ((small >= 'a' && small <= 'z') || (c >= '1' && c <= '9'))) return unsupported();
    p->at++;
    *point = found ? (unsigned char)values[found - names] : (unsigned char)c;
    return LW_OK;
}

static lw_status character(pattern *p, uint32_t *point) {
    if (peek(p) == '\\') {
        p->at++;
        return escape(p, point);
    }
    if (p->at == p->end) return unsupported();
    *point = lwi_utf8_next(&p->at, p->end);
    return *point == LWI_UTF8_BAD ? unsupported() : LW_OK;
}

/* ------------------------------------------------------------------- writing */

static lw_status put_point(lwi_buffer *to, uint32_t point) {
    return lwi_schema_format(to, "\\U%08x", (unsigned)point);
}

/* A part of a class that may stand in a string as it is. */
static lw_status put_range(lwi_buffer *to, uint32_t first, uint32_t last, bool *any) {
    if (first > last) return LW_OK;
    LW_TRY(lwi_buffer_text(to, *any ? "" : "["));
    LW_TRY(put_point(to, first));
    LW_TRY(lwi_buffer_text(to, "-"));
    LW_TRY(put_point(to, last));
    *any = true;
    return LW_OK;
}

static bool holds(const set *s, uint32_t point) {
    for (size_t i = 0; i < s->count; i++)
        if (point >= s->ranges[i][0] && point <= s->ranges[i][1]) return true;
    return false;
}

/* Any character of a set, escaped where JSON wants it. */
static lw_status put_set(pattern *p, const set *s) {
    static const uint32_t plain[][2] = {
        {0x20, 0x21}, {0x23, 0x5b}, {0x5d, 0xd7ff}, {0xe000, 0x10ffff}};
    static const char special[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
    bool any = false;
    LW_TRY(lwi_buffer_text(p->to, "("));
    for (size_t i = 0; i < s->count; i++)
        for (int k = 0; k < 4; k++)
            LW_TRY(put_range(p->to, s->ranges[i][0] > plain[k][0] ? s->ranges[i][0] : plain[k][0],
                             s->ranges[i][1] < plain[k][1] ? s->ranges[i][1] : plain[k][1], &any));
    if (any) LW_TRY(lwi_buffer_text(p->to, "]"));
    for (int i = 0; special[i]; i++) {
        if (!holds(s, (unsigned char)special[i])) continue;
        const char json[2] = {'\\', names[i]};
        if (any) LW_TRY(lwi_buffer_text(p->to, " | "));
        LW_TRY(lwi_gbnf_literal(p->to, json, 2));
        any = true;
    }
    return lwi_buffer_text(p->to, any ? ")" : "[])");
}

/* ------------------------------------------------------------------- parsing */

/* [...]; at is behind the bracket. */
static lw_status class(pattern *p) {
    set s = {.count = 0};
    lw_status status = LW_OK;
    const bool inverted = peek(p) == '^';
    p->at += inverted;
    while (peek(p) != ']') {
        uint32_t first, last;
        if (p->at == p->end) return unsupported();
        if (*p->at == '\\' && p->at + 1 < p->end && named_set(p->at[1], &s, &status)) {
            LW_TRY(status);
            p->at += 2;
            continue;
        }
        LW_TRY(character(p, &first));
        last = first;
        if (peek(p) == '-' && p->at + 1 < p->end && p->at[1] != ']') {
            p->at++;
            LW_TRY(character(p, &last));
        }
        if (last < first) return unsupported();
        LW_TRY(add(&s, first, last));
    }
    p->at++;
    if (inverted) LW_TRY(invert(&s));
    return put_set(p, &s);
}

/* Behind "(": "?:", or a name, "?<name>" (Python's "?P<name>" too). Others look around. */
static lw_status skip_group_kind(pattern *p) {
    if (peek(p) != '?') return LW_OK;
    p->at++;
    const bool named = peek(p) != ':';
    if (peek(p) == 'P') p->at++;
    if (named && (peek(p) != '<' || p->end - p->at < 2 || strchr("=!", p->at[1])))
        return unsupported();
    while (named && peek(p) && *p->at != '>')
        p->at++;
    if (!peek(p)) return unsupported();
    p->at++;
    return LW_OK;
}

static lw_status group(pattern *p) {
    p->at++;
    LW_TRY(skip_group_kind(p));
    if (++p->depth > DEPTH) return lwi_fail(LW_LIMIT, "JSON schema: a pattern nested too deep");
    LW_TRY(lwi_buffer_text(p->to, "("));
    LW_TRY(alternatives(p, false));
    if (peek(p) != ')') return unsupported();
    p->at++;
    p->depth--;
    return lwi_buffer_text(p->to, ")");
}

static lw_status atom(pattern *p) {
    set s = {.count = 0};
    lw_status status = LW_OK;
    uint32_t point;
    const char c = peek(p);
    if (c == '(') return group(p);
    if (c == '[') {
        p->at++;
        return class(p);
    }
    if (c == '.') {
        p->at++;
        LW_TRY(add(&s, '\n', '\n'));
        LW_TRY(invert(&s));
        return put_set(p, &s);
    }
    if (strchr("*+?{^$", c)) return unsupported();
    if (c == '\\' && p->at + 1 < p->end && named_set(p->at[1], &s, &status)) {
        LW_TRY(status);
        p->at += 2;
        return put_set(p, &s);
    }
    LW_TRY(character(p, &point));
    LW_TRY(add(&s, point, point));
    return put_set(p, &s);
}

/* * + ? {n,m}, which GBNF has too; lazy ones are the same language. */
static lw_status quantifier(pattern *p) {
    const char c = peek(p);
    const char *start = p->at;
    if (!c || !strchr("*+?{", c)) return LW_OK;
    p->at++;
    if (c == '{')
        while (peek(p) && p->at[-1] != '}') {
            if (!strchr("0123456789,}", *p->at)) return unsupported();
            p->at++;
        }
    LW_TRY(lwi_buffer_put(p->to, start, (size_t)(p->at - start)));
    if (peek(p) == '?') p->at++;
    return LW_OK;
}

/* One alternative. At the top, what has no anchor may have anything around it. */
static lw_status sequence(pattern *p, bool top) {
    bool open = top;
    if (top && peek(p) == '^') {
        p->at++;
        open = false;
    }
    LW_TRY(lwi_buffer_text(p->to, open ? "char* " : "\"\" "));
    open = top;
    while (p->at < p->end && *p->at != '|' && *p->at != ')') {
        if (top && *p->at == '$' && (p->at + 1 == p->end || p->at[1] == '|')) {
            p->at++;
            open = false;
            break;
        }
        LW_TRY(atom(p));
        LW_TRY(quantifier(p));
        LW_TRY(lwi_buffer_text(p->to, " "));
    }
    return lwi_buffer_text(p->to, open ? "char*" : "");
}

static lw_status alternatives(pattern *p, bool top) {
    LW_TRY(sequence(p, top));
    while (peek(p) == '|') {
        p->at++;
        LW_TRY(lwi_buffer_text(p->to, " | "));
        LW_TRY(sequence(p, top));
    }
    return LW_OK;
}

lw_status lwi_schema_pattern(const char *text, size_t size, lwi_buffer *to) {
    pattern p = {text, text + size, to, 0};
    LW_TRY(lwi_buffer_text(to, "("));
    LW_TRY(alternatives(&p, true));
    if (p.at != p.end) return unsupported();
    return lwi_buffer_text(to, ")");
}
