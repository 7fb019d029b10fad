/* SPDX-License-Identifier: MIT */
#include "base/text_number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static void trim(const char **text, size_t *size) {
    while (*size && is_space(**text))
        ++*text, --*size;
    while (*size && is_space((*text)[*size - 1]))
        --*size;
}

/* The word in small letters is the whole text. */
static bool is_word(const char *text, const char *end, const char *word) {
    for (; text < end && *word; text++, word++)
        if ((*text | 32) != *word) return false;
    return text == end && !*word;
}

/* What strtod is given: digits without a decimal point, which depends on the locale, and an
 * exponent. More digits than this cannot matter, except that they are not all zero. */
enum { DIGITS = 800 };
typedef struct digits {
    char text[DIGITS + 32];
    size_t n;
    long exponent;
    bool any, lost;
} digits;

static void add_digit(digits *d, char c, bool fraction) {
    d->any = true;
    const bool leading_zero = c == '0' && d->n == 0, full = d->n == DIGITS;
    if (!leading_zero && !full) d->text[d->n++] = c;
    if (full && c != '0') d->lost = true;
    if (full && !fraction) d->exponent++;
    if (!full && fraction) d->exponent--;
}

/* [+-]digits after e; clamped to what overflows or vanishes anyway. */
static bool read_exponent(const char *p, const char *end, long *exponent) {
    const bool negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+')) p++;
    if (p == end) return false;
    long e = 0;
    for (; p < end && is_digit(*p); p++)
        if (e < 100000000) e = e * 10 + (*p - '0');
    *exponent = negative ? -e : e;
    return p == end;
}

/* digits * 10^exponent. Both factors of a short number are exact, so one rounding is made. */
static double value_of(digits *d, long exponent) {
    static const double tens[] = {1,    1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (d->n <= 15 && exponent >= -22 && exponent <= 22) {
        int64_t mantissa = 0;
        for (size_t i = 0; i < d->n; i++)
            mantissa = mantissa * 10 + (d->text[i] - '0');
        return exponent < 0 ? (double)mantissa / tens[-exponent]
                            : (double)mantissa * tens[exponent];
    }
    snprintf(d->text + d->n, sizeof d->text - d->n, "e%ld", exponent);
    return strtod(d->text, NULL);
}

static bool read_decimal(const char *p, const char *end, double *number) {
    digits d;
    d.n = 0, d.exponent = 0, d.any = d.lost = false; /* not the text: it is long */
    long e = 0;
    bool fraction = false;
    for (; p < end && (is_digit(*p) || (*p == '.' && !fraction)); p++) {
        if (*p == '.') fraction = true;
        else add_digit(&d, *p, fraction);
    }
    if (!d.any) return false;
    if (p < end && ((*p | 32) != 'e' || !read_exponent(p + 1, end, &e))) return false;
    if (d.n == 0) d.text[d.n++] = '0';
    if (d.lost) d.text[d.n++] = '1', d.exponent--;
    *number = value_of(&d, d.exponent + e);
    return true;
}

bool lwi_text_double(const char *text, size_t size, double *number) {
    trim(&text, &size);
    const char *end = text + size;
    const bool negative = size && *text == '-';
    if (size && (*text == '-' || *text == '+')) text++;
    double x;
    if (is_word(text, end, "inf") || is_word(text, end, "infinity")) x = INFINITY;
    else if (is_word(text, end, "nan")) x = NAN;
    else if (!read_decimal(text, end, &x)) return false;
    *number = negative ? -x : x;
    return true;
}

bool lwi_text_integer(const char *text, size_t size, bool is_unsigned, int64_t *number) {
    trim(&text, &size);
    const char *end = text + size;
    const bool negative = size && *text == '-';
    if (size && (*text == '-' || *text == '+')) text++;
    if (text == end) return false;
    uint64_t u = 0;
    for (; text < end; text++) {
        if (!is_digit(*text) || __builtin_mul_overflow(u, 10, &u) ||
            __builtin_add_overflow(u, (uint64_t)(*text - '0'), &u))
            return false;
    }
    const uint64_t limit = negative ? (uint64_t)1 << 63 : is_unsigned ? UINT64_MAX : INT64_MAX;
    if (u > limit) return false;
    *number = (int64_t)(negative ? 0 - u : u);
    return true;
}
