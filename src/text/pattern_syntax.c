/* SPDX-License-Identifier: MIT
 * From the syntax of Oniguruma (github.com/kkos/oniguruma, doc/RE), which tokenizer.json is written
 * in, to PCRE2's. Most is the same; different are \s, \w and \h, and classes within classes. */
#include "text/pattern.h"

#define SPACES                                                                                     \
    "\\t-\\r \\x85\\xa0\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}"
#define WORD "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}"
#define HEX "0-9a-fA-F"

enum { DEEPEST = 16 };

typedef struct reader {
    const char *at, *end;
    lwi_growing *out;
} reader;

static lw_status put(reader *r, const char *text) {
    return lwi_growing_add(r->out, text, strlen(text));
}

static lw_status put_set(reader *r, const char *set, bool negated) {
    LW_TRY(put(r, negated ? "[^" : "["));
    LW_TRY(put(r, set));
    return put(r, "]");
}

/* The set that \x stands for in Oniguruma and not in PCRE2. */
static const char *set_of(char letter) {
    switch (letter) {
    case 's':
    case 'S':
        return SPACES;
    case 'w':
    case 'W':
        return WORD;
    case 'h':
    case 'H':
        return HEX;
    default:
        return NULL;
    }
}

/* At a backslash. In a class, the complement of a set stays PCRE2's, which is nearly the same. */
static lw_status escape(reader *r, bool in_class) {
    const char letter = r->end - r->at > 1 ? r->at[1] : 0;
    const char *set = set_of(letter);
    const bool negated = letter == 'S' || letter == 'W' || letter == 'H';
    if (set && !(in_class && negated)) {
        r->at += 2;
        return in_class ? put(r, set) : put_set(r, set, negated);
    }
    const size_t n = letter ? 2 : 1;
    LW_TRY(lwi_growing_add(r->out, r->at, n));
    r->at += n;
    return LW_OK;
}

static bool is_posix(const reader *r) { return r->end - r->at > 1 && r->at[1] == ':'; }

/* [:alpha:] and its like, as Unicode has them; what is not known here stays. *size is the text that
 * it takes. */
static const char *posix_set(const reader *r, size_t *size) {
    static const char *const sets[][2] = {{"[:alpha:]", "\\p{Alphabetic}"},
                                          {"[:alnum:]", "\\p{Alphabetic}\\p{Nd}"},
                                          {"[:upper:]", "\\p{Uppercase}"},
                                          {"[:lower:]", "\\p{Lowercase}"},
                                          {"[:digit:]", "\\p{Nd}"},
                                          {"[:space:]", SPACES},
                                          {"[:word:]", WORD}};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        *size = strlen(sets[i][0]);
        if ((size_t)(r->end - r->at) >= *size && !memcmp(r->at, sets[i][0], *size))
            return sets[i][1];
    }
    return NULL;
}

/* One character, escape or named set of a class. */
static lw_status class_member(reader *r) {
    size_t size = 0;
    const char *set = posix_set(r, &size);
    if (*r->at == '\\') return escape(r, true);
    if (!set) return lwi_growing_add(r->out, r->at++, 1);
    r->at += size;
    return put(r, set);
}

static bool is_and(const reader *r) {
    return r->end - r->at > 1 && r->at[0] == '&' && r->at[1] == '&';
}

static lw_status class(reader *r, int depth);

/* Classes in a class are alternatives to its own characters: [a[bc]] is (?:[a]|[bc]). Leaves r at
 * the class's end or at "&&". */
static lw_status alternatives(reader *r, int depth) {
    lwi_growing own = {0}, *out = r->out;
    lw_status status = LW_OK;
    const char *begin = r->at;
    bool nested = false;
    LW_TRY(put(r, "(?:"));
    while (status == LW_OK && r->at < r->end && !is_and(r) && (*r->at != ']' || r->at == begin)) {
        if (*r->at == '[' && !is_posix(r)) {
            if (nested) status = put(r, "|");
            if (status == LW_OK) status = class(r, depth + 1);
            nested = true;
            continue;
        }
        r->out = &own;
        status = class_member(r);
        r->out = out;
    }
    if (status == LW_OK && own.size) {
        if (nested) status = put(r, "|");
        if (status == LW_OK) status = put(r, "[");
        if (status == LW_OK) status = lwi_growing_add(out, own.data, own.size);
        if (status == LW_OK) status = put(r, "]");
    }
    lwi_growing_free(&own);
    return status == LW_OK ? put(r, ")") : status;
}

static bool is_plain_class(const reader *r, const char **end) {
    const char *at = r->at + 1;
    if (at < r->end && *at == '^') at++;
    if (at < r->end && *at == ']') at++;
    for (; at < r->end && *at != ']'; at++) {
        if (*at == '\\') at++;
        else if (*at == '[' && at + 1 < r->end && at[1] == ':') {
            while (at < r->end && *at != ']')
                at++;
        } else if (*at == '[' || (*at == '&' && at + 1 < r->end && at[1] == '&')) return false;
    }
    *end = at < r->end ? at : r->end;
    return true;
}

/* A class with "&&" is a character of its last part before which the others match too. */
static lw_status intersection(reader *r, int depth) {
    const bool negated = r->end - r->at > 1 && r->at[1] == '^';
    r->at += negated ? 2 : 1;
    LW_TRY(put(r, negated ? "(?:(?!" : "(?:"));
    for (bool more = true; more;) {
        LW_TRY(put(r, "(?="));
        LW_TRY(alternatives(r, depth));
        LW_TRY(put(r, ")"));
        more = is_and(r);
        if (more) r->at += 2;
    }
    if (r->at < r->end) r->at++;
    return put(r, negated ? ")(?s:.))" : "(?s:.))");
}

static lw_status class(reader *r, int depth) {
    const char *end = NULL;
    if (depth > DEEPEST) return lwi_fail(LW_LIMIT, "tokenizer: a regular expression is too deep");
    if (!is_plain_class(r, &end)) return intersection(r, depth);
    const char *first = r->at + 1;
    while (r->at < end) {
        if (r->at >= first) LW_TRY(class_member(r));
        else LW_TRY(lwi_growing_add(r->out, r->at++, 1));
    }
    if (r->at < r->end) LW_TRY(lwi_growing_add(r->out, r->at++, 1));
    return LW_OK;
}

lw_status lwi_pattern_translate(lw_string regex, lwi_growing *translated) {
    reader r = {regex.data, regex.data + regex.size, translated};
    while (r.at < r.end) {
        if (*r.at == '\\') LW_TRY(escape(&r, false));
        else if (*r.at == '[') LW_TRY(class(&r, 0));
        else LW_TRY(lwi_growing_add(translated, r.at++, 1));
    }
    return LW_OK;
}
