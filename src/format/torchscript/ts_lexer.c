/* SPDX-License-Identifier: MIT
 * Indentation, names, numbers, strings and marks (torch/csrc/jit/frontend/lexer.h says the same of
 * the language; strings are what its printer writes: one line, escapes of C). */
#include "format/torchscript/ts_lexer.h"

#include "format/torchscript/ts_syntax.h"

#include <string.h>

typedef struct lexer {
    lwi_arena *arena;
    const char *file, *at, *end;
    uint32_t line;
    size_t brackets; /* open ones: lines do not end in them */
    size_t indents[LWI_TS_DEPTH];
    size_t n_indents;
    lwi_ts_tokens *out;
} lexer;

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 128;
}

static lw_status put(lexer *l, lwi_ts_token_kind kind, const char *text, size_t size) {
    lwi_ts_tokens *out = l->out;
    if (out->n == out->cap)
        LW_TRY(
            lwi_arena_grow(l->arena, &out->items, &out->cap, out->n * 2 + 64, sizeof *out->items));
    out->items[out->n++] = (lwi_ts_token){kind, l->line, (uint32_t)size, text};
    return LW_OK;
}

static lw_status fail(const lexer *l, const char *what) {
    return lwi_fail(LW_CORRUPT, "%s:%u: %s", l->file, l->line, what);
}

/* Deeper, or back to one of the depths around. */
static lw_status indent(lexer *l, size_t width) {
    if (width > l->indents[l->n_indents - 1]) {
        if (l->n_indents == LWI_TS_DEPTH) return fail(l, "blocks are nested too deeply");
        l->indents[l->n_indents++] = width;
        return put(l, LWI_TS_T_INDENT, l->at, 0);
    }
    while (width < l->indents[l->n_indents - 1]) {
        l->n_indents--;
        LW_TRY(put(l, LWI_TS_T_DEDENT, l->at, 0));
    }
    return width == l->indents[l->n_indents - 1] ? LW_OK
                                                 : fail(l, "the line's depth fits no block");
}

static void skip_comment(lexer *l) {
    while (l->at < l->end && *l->at != '\n')
        l->at++;
}

/* White space and comments at the start of a line; lines without anything else do not count. */
static lw_status start_line(lexer *l) {
    size_t width = 0;
    for (; l->at < l->end; l->at++) {
        if (*l->at == '#') skip_comment(l);
        if (l->at == l->end) break;
        if (*l->at == ' ') width++;
        else if (*l->at == '\t') width += 8 - width % 8;
        else if (*l->at == '\n') width = 0, l->line++;
        else if (*l->at != '\r') break;
    }
    return l->at < l->end ? indent(l, width) : LW_OK;
}

static lw_status lex_number(lexer *l) {
    const char *start = l->at;
    bool real = false;
    for (; l->at < l->end; l->at++) {
        const char c = *l->at;
        const bool sign = (c == '-' || c == '+') && (l->at[-1] == 'e' || l->at[-1] == 'E');
        if (c == '.' || c == 'e' || c == 'E') real = true;
        else if (!is_digit(c) && !(real && sign)) break;
    }
    const size_t n = (size_t)(l->at - start);
    const bool imaginary = l->at < l->end && *l->at == 'j';
    l->at += imaginary;
    if (l->at < l->end && is_letter(*l->at))
        return lwi_fail(LW_CORRUPT, "%s:%u: a number ends in '%c'", l->file, l->line, *l->at);
    if (imaginary) return put(l, LWI_TS_T_IMAGINARY, start, n);
    return put(l, real ? LWI_TS_T_FLOAT : LWI_TS_T_INT, start, n);
}

static lw_status lex_string(lexer *l) {
    const char *start = l->at++;
    while (l->at < l->end && *l->at != *start && *l->at != '\n')
        l->at += *l->at == '\\' && l->end - l->at > 1 ? 2 : 1;
    if (l->at >= l->end || *l->at != *start) return fail(l, "a string does not end");
    l->at++;
    return put(l, LWI_TS_T_STRING, start, (size_t)(l->at - start));
}

static lw_status lex_mark(lexer *l) {
    static const char *const pairs[] = {"->", "==", "!=", "<=", ">=", "//", "**", "<<", ">>"};
    const char c = *l->at;
    size_t size = 1;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (l->end - l->at > 1 && memcmp(l->at, pairs[i], 2) == 0) size = 2;
    if (!c || (size == 1 && !strchr("()[]{}.,:=+-*/%@<>|&^~", c)))
        return lwi_fail(LW_CORRUPT, "%s:%u: a character of code %u is no part of a program",
                        l->file, l->line, (unsigned char)c);
    if (strchr("([{", c)) l->brackets++;
    if (strchr(")]}", c) && l->brackets) l->brackets--;
    const char *start = l->at;
    l->at += size;
    return put(l, LWI_TS_T_MARK, start, size);
}

static lw_status lex_token(lexer *l) {
    const char *start = l->at;
    if (is_letter(*l->at)) {
        while (l->at < l->end && (is_letter(*l->at) || is_digit(*l->at)))
            l->at++;
        return put(l, LWI_TS_T_NAME, start, (size_t)(l->at - start));
    }
    if (is_digit(*l->at) || (*l->at == '.' && l->end - l->at > 1 && is_digit(l->at[1])))
        return lex_number(l);
    if (*l->at == '"' || *l->at == '\'') return lex_string(l);
    return lex_mark(l);
}

static lw_status lex_space(lexer *l) {
    if (*l->at == '#') {
        skip_comment(l);
        return LW_OK;
    }
    if (*l->at == '\\' && l->end - l->at > 1 && l->at[1] == '\n') l->at++;
    else if (*l->at == '\n' && !l->brackets) {
        LW_TRY(put(l, LWI_TS_T_NEWLINE, l->at++, 0));
        l->line++;
        return start_line(l);
    }
    if (*l->at == '\n') l->line++;
    l->at++;
    return LW_OK;
}

lw_status lwi_ts_lex(lwi_arena *arena, const char *file, const char *source, size_t size,
                     lwi_ts_tokens *tokens) {
    lexer l = {.arena = arena,
               .file = file,
               .at = source,
               .end = source + size,
               .line = 1,
               .n_indents = 1,
               .out = tokens};
    *tokens = (lwi_ts_tokens){0};
    if (size > LWI_TS_SOURCE_LIMIT) return fail(&l, "the file is too large");
    LW_TRY(start_line(&l));
    while (l.at < l.end)
        LW_TRY(strchr(" \t\r\n#\\", *l.at) && *l.at ? lex_space(&l) : lex_token(&l));
    const bool ended = tokens->n && tokens->items[tokens->n - 1].kind == LWI_TS_T_NEWLINE;
    if (!ended) LW_TRY(put(&l, LWI_TS_T_NEWLINE, l.at, 0));
    LW_TRY(indent(&l, 0));
    return put(&l, LWI_TS_T_END, l.at, 0);
}

/* Up to three octal digits, or two of hexadecimal behind an x. */
static size_t code_escape(const char *p, const char *end, char *c) {
    unsigned code = 0;
    size_t n = 0;
    const bool hex = *p == 'x';
    p += hex;
    for (; p + n < end && n < (hex ? 2U : 3U); n++) {
        const char d = p[n];
        if (d >= '0' && d <= '7') code = code * (hex ? 16 : 8) + (unsigned)(d - '0');
        else if (hex && is_digit(d)) code = code * 16 + (unsigned)(d - '0');
        else if (hex && (d | 32) >= 'a' && (d | 32) <= 'f')
            code = code * 16 + 10 + (unsigned)((d | 32) - 'a');
        else break;
    }
    *c = (char)code;
    return n + hex;
}

lw_status lwi_ts_unescape(lwi_arena *arena, const lwi_ts_token *token, lw_string *text) {
    static const char letters[] = "abfnrtv\n\\'\"", meanings[] = "\a\b\f\n\r\t\v\n\\'\"";
    char *to = NULL;
    size_t n = 0;
    const char *end = token->text + token->size - 1;
    LW_TRY(lwi_arena_alloc(arena, token->size, 1, &to));
    for (const char *p = token->text + 1; p < end;) {
        if (*p != '\\' || ++p == end) {
            to[n++] = p == end ? '\\' : *p++;
            continue;
        }
        const char *letter = *p ? strchr(letters, *p) : NULL;
        if (letter) to[n++] = meanings[letter - letters], p++;
        else if (*p == 'x' || (*p >= '0' && *p <= '7')) p += code_escape(p, end, &to[n++]);
        else to[n++] = '\\';
    }
    *text = (lw_string){to, n};
    return LW_OK;
}
