/* SPDX-License-Identifier: MIT */
#include "base/json_scan.h"
#include "base/utf8.h"

#include <string.h>

/* Columns count characters, from 1. */
lw_status lwi_json_wrong(const lwi_json_scan *scan, lw_status status, const char *at,
                         const char *what) {
    const size_t offset = (size_t)(at - scan->copy);
    size_t line = 1, column = 1;
    for (size_t i = 0; i < offset; i++) {
        const unsigned char c = (unsigned char)scan->original[i];
        if (c == '\n') line++, column = 1;
        else if ((c & 0xc0) != 0x80) column++;
    }
    return lwi_fail(status, "JSON, line %zu, column %zu: %s", line, column, what);
}

/* Bytes of a string that stand for themselves: neither quote, backslash, control nor beyond ASCII.
 * Eight at a time (a bit of each byte tells). */
static char *skip_plain(char *p, const char *end) {
    const uint64_t ones = UINT64_C(0x0101010101010101), high = ones * 0x80;
    for (uint64_t w; end - p >= 8; p += 8) {
        memcpy(&w, p, sizeof w);
        const uint64_t quote = w ^ ones * '"', backslash = w ^ ones * '\\';
        if (((w - ones * 0x20) | (quote - ones) | (backslash - ones) | w) & high) break;
    }
    while (p < end && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80 && *p != '"' &&
           *p != '\\')
        p++;
    return p;
}

static bool hex4(const char *p, const char *end, uint32_t *number) {
    if (end - p < 4) return false;
    uint32_t n = 0;
    for (int i = 0; i < 4; i++) {
        const char c = p[i], small = c | 32;
        if (c >= '0' && c <= '9') n = n << 4 | (uint32_t)(c - '0');
        else if (small >= 'a' && small <= 'f') n = n << 4 | (uint32_t)(small - 'a' + 10);
        else return false;
    }
    *number = n;
    return true;
}

/* p is behind "\u". */
static lw_status unicode_escape(lwi_json_scan *scan, char **p, char **to) {
    uint32_t point, low;
    const char *start = *p - 2;
    if (!hex4(*p, scan->end, &point))
        return lwi_json_wrong(scan, LW_CORRUPT, start, "\\u wants four hexadecimal digits");
    *p += 4;
    if (point >= 0xd800 && point < 0xe000) {
        const bool pair = point < 0xdc00 && scan->end - *p >= 6 && (*p)[0] == '\\' &&
                          (*p)[1] == 'u' && hex4(*p + 2, scan->end, &low) && low >= 0xdc00 &&
                          low < 0xe000;
        if (!pair) return lwi_json_wrong(scan, LW_CORRUPT, start, "half of a surrogate pair");
        *p += 6;
        point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
    }
    *to += lwi_utf8_write(point, *to);
    return LW_OK;
}

/* p is at the backslash. */
static lw_status escape(lwi_json_scan *scan, char **p, char **to) {
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    const char c = (*p)[1]; /* the zero at the end, if nothing more */
    *p += 2;
    if (c == 'u') return unicode_escape(scan, p, to);
    const char *name = c ? strchr(names, c) : NULL;
    if (!name) return lwi_json_wrong(scan, LW_CORRUPT, *p - 2, "an escape that JSON does not have");
    *(*to)++ = values[name - names];
    return LW_OK;
}

/* What is not plain: an escape, a character beyond ASCII, or a fault. */
static lw_status special(lwi_json_scan *scan, char **p, char **to) {
    if (*p == scan->end) return lwi_json_wrong(scan, LW_CORRUPT, *p, "the string does not end");
    if (**p == '\\') return escape(scan, p, to);
    if ((unsigned char)**p < 0x20)
        return lwi_json_wrong(scan, LW_CORRUPT, *p, "a control character in a string");
    const char *next = *p;
    if (lwi_utf8_next(&next, scan->end) == LWI_UTF8_BAD)
        return lwi_json_wrong(scan, LW_CORRUPT, *p, "bytes that are not UTF-8");
    const size_t n = (size_t)(next - *p);
    if (*to != *p) memmove(*to, *p, n);
    *p += n, *to += n;
    return LW_OK;
}

lw_status lwi_json_scan_string(lwi_json_scan *scan, const char **text, size_t *size) {
    char *p = scan->at, *to = p;
    *text = p;
    for (;;) {
        char *plain = p;
        p = skip_plain(p, scan->end);
        if (to != plain) memmove(to, plain, (size_t)(p - plain));
        to += p - plain;
        if (p < scan->end && *p == '"') break;
        LW_TRY(special(scan, &p, &to));
    }
    *size = (size_t)(to - *text);
    *to = 0;
    scan->at = p + 1;
    return LW_OK;
}
