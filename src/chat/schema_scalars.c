/* SPDX-License-Identifier: MIT
 * Strings and numbers. */
#include "chat/grammar_schema.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------- strings */

#define DAY                                                                                        \
    "((\"0\" [13578] | \"10\" | \"12\") \"-\" (\"0\" [1-9] | [12] [0-9] | \"3\" [01]) | "          \
    "(\"0\" [469] | \"11\") \"-\" (\"0\" [1-9] | [12] [0-9] | \"30\") | "                          \
    "\"02-\" (\"0\" [1-9] | \"1\" [0-9] | \"2\" [0-8]))"
#define DATE                                                                                       \
    "(\"000\" [1-9] | \"00\" [1-9] [0-9] | \"0\" [1-9] [0-9]{2} | [1-9] [0-9]{3}) \"-\" " DAY
#define HOUR "([01] [0-9] | \"2\" [0-3])"
#define TIME                                                                                       \
    HOUR " \":\" [0-5] [0-9] \":\" [0-5] [0-9] (\".\" [0-9]{1,6})? (\"Z\" | [+-] " HOUR            \
         " \":\" [0-5] [0-9])"
#define BYTE "(\"25\" [0-5] | \"2\" [0-4] [0-9] | \"1\" [0-9]{2} | [1-9]? [0-9])"

/* Formats that are more than a remark. */
static const char *const formats[][2] = {
    {"date", DATE},
    {"time", TIME},
    {"date-time", DATE " \"T\" " TIME},
    {"ipv4", BYTE " (\".\" " BYTE "){3}"},
    {"uuid", "hex{8} \"-\" hex{4} \"-\" hex{4} \"-\" hex{4} \"-\" hex{12}"},
    {NULL, NULL}};

static lw_status quoted(lwi_buffer *to, const char *inside) {
    LW_TRY(lwi_buffer_text(to, "\"\\\"\" "));
    LW_TRY(lwi_buffer_text(to, inside));
    return lwi_buffer_text(to, " \"\\\"\"");
}

static lw_status with_length(const lwi_json_item *s, lwi_buffer *to) {
    const int64_t low = lwi_json_int(s, "minLength", 0), high = lwi_json_int(s, "maxLength", -1);
    if (low < 0 || low > 10000 || high > 10000 || (high >= 0 && high < low))
        return lwi_schema_unsupported("minLength or maxLength");
    LW_TRY(lwi_buffer_text(to, "\"\\\"\" char"));
    if (high < 0) LW_TRY(lwi_schema_format(to, "{%" PRId64 ",}", low));
    else LW_TRY(lwi_schema_format(to, "{%" PRId64 ",%" PRId64 "}", low, high));
    return lwi_buffer_text(to, " \"\\\"\"");
}

lw_status lwi_schema_string(lwi_schema *c, const lwi_json_item *s, lwi_buffer *to) {
    const lwi_json_item *pattern = lwi_json_get(s, "pattern");
    const char *format = lwi_json_text(s, "format", "");
    const bool length = lwi_json_get(s, "minLength") || lwi_json_get(s, "maxLength");
    (void)c;
    if (lwi_json_is(pattern, LWI_JSON_STRING)) {
        if (length) return lwi_schema_unsupported("pattern with a length");
        LW_TRY(lwi_buffer_text(to, "\"\\\"\" "));
        LW_TRY(lwi_schema_pattern(pattern->text, pattern->size, to));
        return lwi_buffer_text(to, " \"\\\"\"");
    }
    for (int i = 0; formats[i][0]; i++)
        if (!strcmp(formats[i][0], format))
            return length ? lwi_schema_unsupported("format with a length")
                          : quoted(to, formats[i][1]);
    return length ? with_length(s, to) : lwi_buffer_text(to, "string");
}

/* ------------------------------------------------------------------- numbers */

static bool all(const char *digits, size_t n, char c) {
    for (size_t i = 0; i < n; i++)
        if (digits[i] != c) return false;
    return true;
}

static lw_status any_digits(lwi_buffer *to, size_t n) {
    return n ? lwi_schema_format(to, " [0-9]{%zu}", n) : LW_OK;
}

/* Numbers of n digits from low to high: those that begin as low does, those between, and those that
 * begin as high does. */
static lw_status digit_range(lwi_buffer *to, const char *low, const char *high, size_t n) {
    char zeros[32], nines[32];
    memset(zeros, '0', sizeof zeros);
    memset(nines, '9', sizeof nines);
    if (!n) return lwi_buffer_text(to, "\"\"");
    if (*low == *high) {
        LW_TRY(lwi_schema_format(to, "\"%c\" (", *low));
        LW_TRY(digit_range(to, low + 1, high + 1, n - 1));
        return lwi_buffer_text(to, ")");
    }
    const bool low_whole = all(low + 1, n - 1, '0'), high_whole = all(high + 1, n - 1, '9');
    const char first = (char)(*low + !low_whole), last = (char)(*high - !high_whole);
    const char *between = "";
    if (!low_whole) {
        LW_TRY(lwi_schema_format(to, "\"%c\" (", *low));
        LW_TRY(digit_range(to, low + 1, nines, n - 1));
        LW_TRY(lwi_buffer_text(to, ")"));
        between = " | ";
    }
    if (first <= last) {
        LW_TRY(lwi_schema_format(to, "%s[%c-%c]", between, first, last));
        LW_TRY(any_digits(to, n - 1));
        between = " | ";
    }
    if (high_whole) return LW_OK;
    LW_TRY(lwi_schema_format(to, "%s\"%c\" (", between, *high));
    LW_TRY(digit_range(to, zeros, high + 1, n - 1));
    return lwi_buffer_text(to, ")");
}

/* Whole numbers from low to high, both at least 0, without leading zeros. */
static lw_status whole_range(lwi_buffer *to, int64_t low, int64_t high) {
    char a[24], b[24];
    LW_TRY(lwi_buffer_text(to, "("));
    for (int64_t end; low <= high; low = end + 1) {
        const int n = snprintf(a, sizeof a, "%" PRId64, low);
        end = 9;
        for (int i = 1; i < n; i++)
            end = end * 10 + 9;
        const bool last = end >= high;
        if (last) end = high;
        snprintf(b, sizeof b, "%" PRId64, end);
        LW_TRY(digit_range(to, a, b, (size_t)n));
        if (last) break;
        LW_TRY(lwi_buffer_text(to, " | "));
    }
    return lwi_buffer_text(to, ")");
}

/* Sizes from low to high. */
typedef struct span {
    int64_t low, high;
    bool low_open, high_open; /* the bound itself is outside */
    int places;               /* behind the point at most; 0: whole numbers */
} span;

static lw_status fraction(lwi_buffer *to, const span *s) {
    return lwi_schema_format(to, " (\".\" [0-9]{1,%d})?", s->places);
}

static lw_status no_fraction(lwi_buffer *to, const span *s) {
    return lwi_schema_format(to, " (\".\" \"0\"{1,%d})?", s->places < 9 ? s->places : 9);
}

/* Whole ones, and for numbers what lies between them. */
static lw_status sizes(lwi_buffer *to, span s) {
    if (s.places == 0) return whole_range(to, s.low, s.high);
    if (s.low_open) {
        if (s.low >= s.high) return lwi_buffer_text(to, "[]");
        LW_TRY(whole_range(to, s.low, s.low));
        LW_TRY(lwi_schema_format(to, " \".\" [0-9]{0,%d} [1-9]", s.places < 9 ? s.places - 1 : 8));
        if (++s.low == s.high && s.high_open) return LW_OK;
        LW_TRY(lwi_buffer_text(to, " | "));
    }
    if (s.low < s.high) {
        LW_TRY(whole_range(to, s.low, s.high - 1));
        LW_TRY(fraction(to, &s));
        if (s.high_open) return LW_OK;
        LW_TRY(lwi_buffer_text(to, " | "));
    }
    if (s.high_open) return lwi_buffer_text(to, "[]");
    LW_TRY(whole_range(to, s.high, s.high));
    return no_fraction(to, &s);
}

static const int64_t most = INT64_C(999999999999999);

/* A bound, rounded to the inside; false if there is none. *open: the bound itself is outside; for
 * integers the next one is the bound instead. */
static bool bound(const lwi_json_item *s, bool lower, bool integer, int64_t *value, bool *open) {
    static const char *const keys[2][2] = {{"maximum", "exclusiveMaximum"},
                                           {"minimum", "exclusiveMinimum"}};
    bool found = false;
    for (int i = 0; i < 2; i++) {
        const lwi_json_item *item = lwi_json_get(s, keys[lower][i]);
        if (!lwi_json_is(item, LWI_JSON_NUMBER)) continue;
        const double x = item->is_integer ? (double)item->integer : item->number;
        const double whole = lower ? ceil(x) : floor(x);
        const double end = (double)most + 1; /* beyond what is written */
        int64_t v = (int64_t)fmin(fmax(whole, lower ? -end + 1 : -end), lower ? end : end - 1);
        const bool excluded = i == 1 || lwi_json_bool(s, keys[lower][1], false); /* draft 4 */
        const bool outside = excluded && whole == x;
        if (outside && integer) v += lower ? 1 : -1;
        if (found && (lower ? v < *value : v > *value)) continue;
        *open = (outside && !integer) || (found && *open && v == *value);
        *value = v;
        found = true;
    }
    return found;
}

enum { ANY_PLACES = 17 };

/* Of a multipleOf like 0.01. */
static int places_of(double step) {
    for (int n = 1; n < 10; n++)
        if (step == 1 / pow(10, n)) return n;
    return ANY_PLACES;
}

lw_status lwi_schema_number(lwi_schema *c, const lwi_json_item *s, bool integer, lwi_buffer *to) {
    const double step = lwi_json_number(s, "multipleOf", 0);
    int64_t low = -most, high = most;
    const int places = integer ? 0 : places_of(step);
    const bool whole = step >= 1 && step == floor(step) && step <= (double)most;
    if (lwi_json_get(s, "multipleOf") && !whole && places == ANY_PLACES)
        return lwi_schema_unsupported("multipleOf");
    integer |= whole;
    bool low_open = false, high_open = false;
    const bool has_low = bound(s, true, integer, &low, &low_open);
    const bool has_high = bound(s, false, integer, &high, &high_open);
    if (whole && step > 1)
        return lwi_schema_multiples(c, (int64_t)step, has_low ? low : INT64_MIN,
                                    has_high ? high : INT64_MAX, to);
    if (!has_low && !has_high && places < ANY_PLACES && !integer)
        return lwi_schema_format(to, "(integer (\".\" [0-9]{1,%d})?)", places);
    if (!has_low && !has_high) return lwi_buffer_text(to, integer ? "integer" : "number");
    if (low > high || low > most || high < -most)
        return lwi_schema_unsupported(integer ? "minimum and maximum with nothing between"
                                              : "minimum and maximum with no whole number between");
    LW_TRY(lwi_buffer_text(to, "("));
    const bool positive = high > 0 || (high == 0 && !high_open);
    if (low < 0) {
        const span below = {.low = high < 0  ? -high
                                   : integer ? 1
                                             : 0,
                            .high = -low,
                            .low_open = high_open && high <= 0,
                            .high_open = low_open,
                            .places = integer ? 0 : places};
        LW_TRY(lwi_buffer_text(to, "\"-\" ("));
        LW_TRY(sizes(to, below));
        LW_TRY(lwi_buffer_text(to, positive ? ") | " : ")"));
    }
    const span above = {low > 0 ? low : 0, high, low_open && low >= 0, high_open,
                        integer ? 0 : places};
    if (positive) LW_TRY(sizes(to, above));
    else if (low >= 0) LW_TRY(lwi_buffer_text(to, "[]"));
    return lwi_buffer_text(to, ")");
}
