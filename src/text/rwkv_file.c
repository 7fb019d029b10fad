/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"
#include "text/text_lines.h"
#include "text/tokenizer_files.h"

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* An escape of n digits. */
static bool hex_number(const char **at, const char *end, int n, uint32_t *value) {
    *value = 0;
    if (end - *at < n) return false;
    for (; n > 0; n--, ++*at) {
        const int digit = hex_digit(**at);
        if (digit < 0) return false;
        *value = *value << 4 | (uint32_t)digit;
    }
    return true;
}

/* What a backslash stands for; *at is behind it. */
static bool escape(const char **at, const char *end, uint32_t *point) {
    if (*at == end) return false;
    const char c = *(*at)++;
    if (c == 'x') return hex_number(at, end, 2, point);
    if (c == 'u') return hex_number(at, end, 4, point);
    if (c == 'U') return hex_number(at, end, 8, point);
    *point = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : (uint8_t)c;
    return true;
}

/* A Python literal, 'text' or b'bytes', to bytes: never more than the literal is long. */
static bool read_literal(lw_string literal, char *to, size_t *n) {
    const bool bytes = literal.size && *literal.data == 'b';
    const char *at = literal.data + bytes, *end = literal.data + literal.size;
    *n = 0;
    if (end - at < 2 || (*at != '\'' && *at != '"') || end[-1] != *at) return false;
    for (at++, end--; at < end;) {
        uint32_t point;
        if (*at != '\\') {
            to[(*n)++] = *at++;
            continue;
        }
        at++;
        if (!escape(&at, end, &point) || point > 0x10ffff) return false;
        if (bytes) to[(*n)++] = (char)point;
        else *n += lwi_utf8_write(point, to + *n);
    }
    return true;
}

/* "9804 '\u2002' 3" */
static lw_status read_line(lw_string line, char *to, int64_t *id, size_t *n) {
    const lw_string whole = line;
    *id = lwi_take_number(&line);
    const char *last = line.size ? memrchr(line.data, ' ', line.size) : NULL;
    if (*id > 0 && last > line.data) {
        lw_string size = {last + 1, line.size - (size_t)(last + 1 - line.data)};
        const lw_string literal = {line.data + 1, (size_t)(last - line.data) - 1};
        if (read_literal(literal, to, n) && *n && lwi_take_number(&size) == (int64_t)*n)
            return LW_OK;
    }
    return lwi_fail(LW_CORRUPT, "RWKV: a line is no token: '%.*s'",
                    whole.size > 60 ? 60 : (int)whole.size, whole.data);
}

/* The greatest number of a token and one more; few numbers may be left out. */
static lw_status count_tokens(lw_string text, size_t *count) {
    size_t lines = 0;
    *count = 1;
    for (lw_string line; lwi_next_line(&text, &line); lines++) {
        const int64_t id = lwi_take_number(&line);
        if (id >= (int64_t)*count) *count = (size_t)id + 1;
    }
    if (*count > lines + 65536)
        return lwi_fail(LW_CORRUPT, "RWKV: %zu tokens with numbers up to %zu", lines, *count);
    return LW_OK;
}

static lw_status read_tokens(lw_tokenizer *t, lw_string text, char *bytes) {
    lw_string line;
    size_t count = 0;
    LW_TRY(count_tokens(text, &count));
    LW_TRY(lwi_vocabulary_init(&t->vocabulary, &t->arena, count, false));
    LW_TRY(lwi_byte_trie_init(&t->trie, &lwi_malloc_allocator));
    while (lwi_next_line(&text, &line)) {
        int64_t id = 0;
        size_t n = 0;
        if (!line.size) continue;
        LW_TRY(read_line(line, bytes, &id, &n));
        t->vocabulary.pieces[id] = (lw_string){bytes, n};
        t->vocabulary.attributes[id] = LW_TOKEN_NORMAL;
        LW_TRY(lwi_byte_trie_add(&t->trie, bytes, n, (int32_t)id));
        bytes += n;
    }
    return lwi_vocabulary_index(&t->vocabulary, &t->arena, LW_TOKEN_NORMAL);
}

static lw_status read_parts(lw_tokenizer *t, lw_string text) {
    static const char end[] = "<|endoftext|>";
    char *bytes = NULL;
    t->model = LWI_MODEL_LONGEST;
    t->decoder.byte_level = true;
    LW_TRY(lwi_arena_alloc(&t->arena, text.size, 1, &bytes));
    LW_TRY(read_tokens(t, text, bytes));
    t->vocabulary.pieces[0] = (lw_string){end, sizeof end - 1};
    t->eos = t->bos = 0;
    LW_TRY(lwi_add_special(t, 1, 0));
    return lwi_tokenizer_finish(t);
}

lw_status lwi_rwkv_tokenizer(lw_string text, lw_tokenizer **tokenizer) {
    lw_tokenizer *t = NULL;
    LW_TRY(lwi_tokenizer_new("RWKV", &t));
    const lw_status status = read_parts(t, text);
    if (status == LW_OK) *tokenizer = t;
    else lw_tokenizer_free(t);
    return status;
}
