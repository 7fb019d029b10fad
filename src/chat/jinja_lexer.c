/* SPDX-License-Identifier: MIT
 * Tokens of a template, with the settings of transformers: trim_blocks and lstrip_blocks. */
#include "base/text_number.h"
#include "base/utf8.h"
#include "chat/jinja_nodes.h"

#include <string.h>

typedef struct lexer {
    lwi_template *template;
    const char *at, *end;
    int line;
    bool line_start; /* the last tag ended with the end of its line */
    lwi_token *tokens;
    size_t count, capacity;
    char open[LWI_PARSE_DEPTH]; /* brackets */
    size_t opened;
} lexer;

static lw_status wrong(const lexer *l, const char *what) {
    return lwi_fail(LW_CORRUPT, "template, line %d: %s", l->line, what);
}

static lw_status add(lexer *l, lwi_token token) {
    token.line = l->line;
    LW_TRY(lwi_arena_grow(&l->template->arena, &l->tokens, &l->capacity, l->count + 1,
                          sizeof *l->tokens));
    l->tokens[l->count++] = token;
    return LW_OK;
}

static bool at_text(const lexer *l, const char *text) {
    const size_t n = strlen(text);
    return (size_t)(l->end - l->at) >= n && !memcmp(l->at, text, n);
}

static void advance(lexer *l, const char *to) {
    for (; l->at < to; l->at++)
        l->line += *l->at == '\n';
}

static const char *skip_spaces(const char *at, const char *end) {
    while (at < end) {
        const char *next = at;
        if (!lwi_is_space(lwi_utf8_next(&next, end))) break;
        at = next;
    }
    return at;
}

/* --------------------------------------------------------------------- data */

/* Where a tag begins: at "{{", "{%" or "{#". */
static const char *next_tag(const char *at, const char *end) {
    for (; end - at >= 2; at++)
        if (*at == '{' && (at[1] == '{' || at[1] == '%' || at[1] == '#')) return at;
    return end;
}

/* The text before a tag, without the white space that the tag takes away. */
static lw_status add_data(lexer *l, const char *start, const char *tag, bool is_variable,
                          char sign) {
    lwi_val text = lwi_str(start, (size_t)(tag - start));
    if (sign == '-') {
        text = lwi_strip(text, NULL, false, true);
    } else if (sign != '+' && !is_variable) {
        const char *line = tag;
        while (line > start && line[-1] != '\n')
            line--;
        if ((line > start || l->line_start) && skip_spaces(line, tag) == tag)
            text.size = (uint32_t)(line - start);
    }
    if (!text.size) return LW_OK;
    return add(l, (lwi_token){.kind = LWI_T_DATA, .value = text});
}

/* What closes a tag: "-%}" with white space after it, "+%}", or "%}" with a newline. NULL: not
 * here.
 */
static const char *tag_end(const lexer *l, const char *at, char mark) {
    const char sign = at < l->end && (*at == '-' || *at == '+') ? *at : 0;
    const char *p = sign ? at + 1 : at;
    if (l->end - p < 2 || p[0] != mark || p[1] != '}') return NULL;
    if (mark == '}' && sign == '+') return NULL;
    p += 2;
    if (sign == '-') return skip_spaces(p, l->end);
    return mark != '}' && !sign && p < l->end && *p == '\n' ? p + 1 : p;
}

static bool is_word_at(const lexer *l, const char *at, const char *word) {
    const size_t n = strlen(word);
    return (size_t)(l->end - at) >= n && !memcmp(at, word, n);
}

/* {% raw %}: at is behind the first sign. NULL: no such tag. */
static const char *raw_begin(const lexer *l, const char *at) {
    at = skip_spaces(at, l->end);
    if (!is_word_at(l, at, "raw")) return NULL;
    at = skip_spaces(at + 3, l->end);
    if (is_word_at(l, at, "-%}")) return skip_spaces(at + 3, l->end);
    return is_word_at(l, at, "%}") ? at + 2 : NULL;
}

/* {% endraw %} at a place; NULL if it is not there. */
static const char *raw_end(const lexer *l, const char *at, char *sign) {
    if (!is_word_at(l, at, "{%")) return NULL;
    at += 2;
    *sign = at < l->end && (*at == '-' || *at == '+') ? *at++ : 0;
    at = skip_spaces(at, l->end);
    if (!is_word_at(l, at, "endraw")) return NULL;
    return tag_end(l, skip_spaces(at + 6, l->end), '%');
}

static lw_status raw_block(lexer *l, const char *start) {
    advance(l, start);
    l->line_start = start[-1] == '\n';
    for (const char *p = start; p < l->end; p++) {
        char sign = 0;
        const char *after = raw_end(l, p, &sign);
        if (!after) continue;
        LW_TRY(add_data(l, start, p, false, sign));
        advance(l, after);
        l->line_start = after[-1] == '\n';
        return LW_OK;
    }
    return wrong(l, "{% raw %} without {% endraw %}");
}

static lw_status comment(lexer *l) {
    for (const char *p = l->at; p < l->end; p++) {
        const char *after = tag_end(l, p, '#');
        if (!after) continue;
        advance(l, after);
        l->line_start = after[-1] == '\n';
        return LW_OK;
    }
    return wrong(l, "a comment that does not end");
}

/* ------------------------------------------------------------------ strings */

static int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \xhh, \uhhhh, \Uhhhhhhhh: p is behind the letter. */
static lw_status hex_escape(lexer *l, const char **p, const char *end, int digits, char **to) {
    uint32_t point = 0;
    for (int i = 0; i < digits; i++) {
        const int value = *p < end ? hex_value(**p) : -1;
        if (value < 0) return wrong(l, "an escape with too few hexadecimal digits");
        point = point << 4 | (uint32_t)value;
        ++*p;
    }
    if (point > 0x10ffff) return wrong(l, "an escape beyond Unicode");
    if (point >= 0xd800 && point < 0xe000) point = 0xfffd;
    *to += lwi_utf8_write(point, *to);
    return LW_OK;
}

static void octal_escape(const char **p, const char *end, char **to) {
    uint32_t point = 0;
    for (int i = 0; i < 3 && *p < end && **p >= '0' && **p <= '7'; i++, ++*p)
        point = point * 8 + (uint32_t)(**p - '0');
    *to += lwi_utf8_write(point, *to);
}

/* Python's escapes; p is at the backslash. Unknown ones stay as they are. */
static lw_status escape(lexer *l, const char **p, const char *end, char **to) {
    static const char names[] = "\\'\"abfnrtv", values[] = "\\'\"\a\b\f\n\r\t\v";
    const char c = (*p)[1];
    *p += 2;
    if (c == '\n') return LW_OK;
    if (c == 'x') return hex_escape(l, p, end, 2, to);
    if (c == 'u') return hex_escape(l, p, end, 4, to);
    if (c == 'U') return hex_escape(l, p, end, 8, to);
    if (c >= '0' && c <= '7') {
        --*p;
        octal_escape(p, end, to);
        return LW_OK;
    }
    const char *name = c ? strchr(names, c) : NULL;
    if (!name) *(*to)++ = '\\';
    *(*to)++ = name ? values[name - names] : c;
    return LW_OK;
}

static lw_status string(lexer *l) {
    const char quote = *l->at, *start = l->at + 1, *p = start;
    while (p < l->end && *p != quote)
        p += *p == '\\' ? 2 : 1;
    if (p >= l->end) return wrong(l, "a string that does not end");
    char *copy = NULL, *to;
    LW_TRY(lwi_arena_alloc(&l->template->arena, (size_t)(p - start) + 4, 1, &copy));
    to = copy;
    for (const char *from = start; from < p;) {
        if (*from == '\\') LW_TRY(escape(l, &from, p, &to));
        else *to++ = *from++;
    }
    LW_TRY(add(l, (lwi_token){.kind = LWI_T_STRING, .value = lwi_str(copy, (size_t)(to - copy))}));
    advance(l, p + 1);
    return LW_OK;
}

/* ------------------------------------------------------------------ numbers */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Digits with single underscores between them, copied without. */
static const char *copy_digits(const char *p, const char *end, char *to, size_t *n) {
    while (p < end && (is_digit(*p) || (*p == '_' && p + 1 < end && is_digit(p[1])))) {
        if (*p != '_' && *n < 60) to[(*n)++] = *p;
        p++;
    }
    return p;
}

static lw_status number(lexer *l) {
    char digits[64];
    size_t n = 0;
    bool whole = true;
    const char *p = copy_digits(l->at, l->end, digits, &n);
    if (l->end - p >= 2 && *p == '.' && is_digit(p[1])) {
        whole = false, digits[n++] = '.';
        p = copy_digits(p + 1, l->end, digits, &n);
    }
    const char *e = p < l->end && (*p | 32) == 'e' ? p + 1 : NULL;
    const char sign = e && e < l->end && (*e == '-' || *e == '+') ? *e++ : '+';
    if (e && e < l->end && is_digit(*e) && n < 50) {
        whole = false, digits[n++] = 'e', digits[n++] = sign;
        p = copy_digits(e, l->end, digits, &n);
    }
    lwi_token token = {.kind = whole ? LWI_T_INTEGER : LWI_T_FLOAT};
    token.value = whole ? lwi_int(0) : lwi_float(0);
    if (whole && !lwi_text_integer(digits, n, false, &token.value.integer))
        return wrong(l, "an integer that does not fit in 64 bits");
    if (!whole) (void)lwi_text_double(digits, n, &token.value.number);
    l->at = p;
    return add(l, token);
}

/* ----------------------------------------------------------- inside of tags */

static bool is_name_byte(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (unsigned char)c >= 0x80;
}

static lw_status name(lexer *l) {
    const char *p = l->at;
    while (p < l->end && is_name_byte(*p))
        p++;
    const lwi_val text = lwi_str(l->at, (size_t)(p - l->at));
    l->at = p;
    return add(l, (lwi_token){.kind = LWI_T_NAME, .value = text});
}

static lw_status balance(lexer *l, char c) {
    static const char opening[] = "([{", closing[] = ")]}";
    const char *o = strchr(opening, c), *close = strchr(closing, c);
    if (o) {
        if (l->opened == LWI_PARSE_DEPTH) return lwi_fail(LW_LIMIT, "template nested too deep");
        l->open[l->opened++] = closing[o - opening];
    } else if (close && (!l->opened || l->open[--l->opened] != c)) {
        return wrong(l, "a bracket that does not match");
    }
    return LW_OK;
}

static lw_status operator_token(lexer *l) {
    static const char *const pairs[] = {"//", "**", "==", "!=", ">=", "<=", NULL};
    const char c = *l->at;
    lwi_token token = {.kind = LWI_T_OPERATOR, .op = (unsigned char)c};
    for (int i = 0; pairs[i]; i++)
        if (at_text(l, pairs[i])) token.op = LWI_OP2(pairs[i][0], pairs[i][1]);
    if (!c || !strchr("+-/*%~[](){}><=.:|,;!", c) || (c == '!' && token.op < 256))
        return wrong(l, "a character that has no meaning here");
    LW_TRY(balance(l, c));
    l->at += token.op < 256 ? 1 : 2;
    return add(l, token);
}

/* Everything up to the end of a tag: mark is '%' or '}'. */
static lw_status inside(lexer *l, char mark) {
    for (;;) {
        advance(l, skip_spaces(l->at, l->end));
        if (l->at == l->end) return wrong(l, "a tag that does not end");
        const char *after = l->opened ? NULL : tag_end(l, l->at, mark);
        if (after) {
            LW_TRY(add(l, (lwi_token){.kind = mark == '%' ? LWI_T_BLOCK_END : LWI_T_VARIABLE_END}));
            advance(l, after);
            l->line_start = after[-1] == '\n';
            return LW_OK;
        }
        if (is_digit(*l->at)) LW_TRY(number(l));
        else if (*l->at == '\'' || *l->at == '"') LW_TRY(string(l));
        else if (is_name_byte(*l->at)) LW_TRY(name(l));
        else LW_TRY(operator_token(l));
    }
}

static lw_status tag(lexer *l, const char *start, const char *at) {
    const char mark = at[1];
    const char sign = at + 2 < l->end && (at[2] == '-' || at[2] == '+') ? at[2] : 0;
    LW_TRY(add_data(l, start, at, mark == '{', sign));
    advance(l, at + (sign ? 3 : 2));
    l->line_start = false;
    if (mark == '#') return comment(l);
    const char *raw = mark == '%' ? raw_begin(l, l->at) : NULL;
    if (raw) return raw_block(l, raw);
    LW_TRY(add(l, (lwi_token){.kind = mark == '%' ? LWI_T_BLOCK_BEGIN : LWI_T_VARIABLE_BEGIN}));
    return inside(l, mark == '%' ? '%' : '}');
}

lw_status lwi_tokenize(lwi_template *template, const lwi_token **tokens, size_t *count) {
    lexer l = {.template = template,
               .at = template->source,
               .end = template->source + template->size,
               .line = 1,
               .line_start = true};
    while (l.at < l.end) {
        const char *start = l.at, *at = next_tag(start, l.end);
        if (at < l.end) LW_TRY(tag(&l, start, at));
        else LW_TRY(add_data(&l, start, at, true, 0));
        if (at == l.end) break;
    }
    LW_TRY(add(&l, (lwi_token){.kind = LWI_T_END}));
    *tokens = l.tokens;
    *count = l.count;
    return LW_OK;
}
