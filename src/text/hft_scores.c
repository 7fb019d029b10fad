/* SPDX-License-Identifier: MIT
 * Scores of a unigram model, with the last bit that the tokenizers package gives them. It reads a
 * number as an integer divided by a power of ten, both rounded, which is not always the nearest
 * double; and ways to cut a text that are equal but for that bit are common ("-------" from "-" and
 * "---"). */
#include "text/hft_tokenizer.h"

typedef struct scan {
    const char *at, *end;
} scan;

static void skip_space(scan *s) {
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\r' || *s->at == '\t'))
        s->at++;
}

static bool skip(scan *s, char c) {
    skip_space(s);
    if (s->at == s->end || *s->at != c) return false;
    s->at++;
    return true;
}

/* A string; where it is "vocab", *is_vocab. */
static bool skip_string(scan *s, bool *is_vocab) {
    if (!skip(s, '"')) return false;
    const char *begin = s->at;
    while (s->at < s->end && *s->at != '"')
        s->at += *s->at == '\\' ? 2 : 1;
    if (s->at >= s->end) return false;
    *is_vocab = s->at - begin == 5 && !memcmp(begin, "vocab", 5);
    s->at++;
    return true;
}

/* To the array that is the value of the key "vocab". */
static bool find_vocab(scan *s) {
    while ((s->at = memchr(s->at, '"', (size_t)(s->end - s->at)))) {
        bool is_vocab = false;
        if (!skip_string(s, &is_vocab)) return false;
        if (is_vocab && skip(s, ':') && skip(s, '[')) return true;
    }
    return false;
}

static bool is_digit(const scan *s) { return s->at < s->end && *s->at >= '0' && *s->at <= '9'; }

/* Digits go on with the integer; false if they are too many for 64 bits. */
static bool digits(scan *s, uint64_t *integer, int *n) {
    for (*n = 0; is_digit(s); s->at++, ++*n) {
        const uint64_t digit = (uint64_t)(*s->at - '0');
        if (*integer > (UINT64_MAX - digit) / 10) return false;
        *integer = *integer * 10 + digit;
    }
    return true;
}

static bool exponent(scan *s, int *power) {
    uint64_t value = 0;
    int n = 0;
    if (s->at == s->end || (*s->at | 32) != 'e') return true;
    s->at++;
    const bool negative = s->at < s->end && *s->at == '-';
    if (s->at < s->end && (*s->at == '-' || *s->at == '+')) s->at++;
    if (!digits(s, &value, &n) || value > 400) return false;
    *power += negative ? -(int)value : (int)value;
    return true;
}

/* false where the number is out of the range in which powers of ten are exact. */
static bool number(scan *s, double *value) {
    enum { MOST_POWER = 22 };
    uint64_t integer = 0;
    int n = 0, power = 0;
    skip_space(s);
    const bool negative = s->at < s->end && *s->at == '-';
    if (negative) s->at++;
    if (!digits(s, &integer, &n)) return false;
    if (s->at < s->end && *s->at == '.') {
        s->at++;
        if (!digits(s, &integer, &n)) return false;
        power = -n;
    }
    if (!exponent(s, &power) || power < -MOST_POWER || power > MOST_POWER) return false;
    double f = (double)integer, ten = 1;
    for (int i = 0; i < (power < 0 ? -power : power); i++)
        ten *= 10;
    f = power < 0 ? f / ten : f * ten;
    *value = negative ? -f : f;
    return true;
}

void lwi_hft_scores(lw_string json, size_t n, double *scores) {
    scan s = {json.data, json.data + json.size};
    if (!find_vocab(&s)) return;
    for (size_t i = 0; i < n; i++) {
        bool is_vocab;
        if ((i && !skip(&s, ',')) || !skip(&s, '[') || !skip_string(&s, &is_vocab) ||
            !skip(&s, ','))
            return;
        const scan here = s;
        double value = 0;
        if (number(&s, &value) && skip(&s, ']')) {
            scores[i] = value;
            continue;
        }
        s = here;
        if (!(s.at = memchr(s.at, ']', (size_t)(s.end - s.at)))) return;
        s.at++;
    }
}
