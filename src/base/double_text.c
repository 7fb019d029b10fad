/* SPDX-License-Identifier: MIT */
#include "base/double_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The decimal digits and exponent of x > 0: 0.d1d2d3... * 10^exponent. */
typedef struct decimal {
    char digits[20];
    int n, exponent;
} decimal;

/* The fewest digits that give x again. 17 are always enough. */
static decimal shortest(lwi_same_number *same, const void *user, double x) {
    char text[40];
    for (int precision = 0; precision < 17; precision++) {
        snprintf(text, sizeof text, "%.*e", precision, x);
        const double y = strtod(text, NULL);
        if (same ? same(user, y, x) : y == x) break;
    }
    decimal d = {.n = 0};
    const char *p = text;
    for (; *p && *p != 'e'; p++) /* the decimal point may be any sign */
        if (*p >= '0' && *p <= '9' && d.n < 20) d.digits[d.n++] = *p;
    d.exponent = *p == 'e' ? (int)strtol(p + 1, NULL, 10) + 1 : 1;
    while (d.n > 1 && d.digits[d.n - 1] == '0')
        d.n--;
    return d;
}

static size_t put(char *text, size_t at, const char *from, int n) {
    memcpy(text + at, from, (size_t)n);
    return at + (size_t)n;
}

static size_t put_zeros(char *text, size_t at, int n) {
    for (int i = 0; i < n; i++)
        text[at++] = '0';
    return at;
}

/* 12.5, 0.00125, 1200.0 */
static size_t put_plain(char *text, size_t at, const decimal *d) {
    const int whole = d->exponent < 0 ? 0 : d->exponent < d->n ? d->exponent : d->n;
    at = whole ? put(text, at, d->digits, whole) : put_zeros(text, at, 1);
    if (d->exponent > whole) at = put_zeros(text, at, d->exponent - whole);
    text[at++] = '.';
    if (d->exponent < 0) at = put_zeros(text, at, -d->exponent);
    if (whole == d->n) return put_zeros(text, at, 1);
    return put(text, at, d->digits + whole, d->n - whole);
}

/* 1.25e-05 */
static size_t put_scientific(char *text, size_t at, const decimal *d) {
    at = put(text, at, d->digits, 1);
    if (d->n > 1) {
        text[at++] = '.';
        at = put(text, at, d->digits + 1, d->n - 1);
    }
    char exponent[8];
    const int n = snprintf(exponent, sizeof exponent, "e%+03d", d->exponent - 1);
    return put(text, at, exponent, n);
}

size_t lwi_double_text(double x, lwi_same_number *same, const void *user,
                       char text[LWI_DOUBLE_TEXT]) {
    if (isnan(x)) return put(text, 0, "nan", 3);
    size_t at = 0;
    if (signbit(x)) text[at++] = '-';
    x = fabs(x);
    if (isinf(x)) return put(text, at, "inf", 3);
    if (x == 0) return put(text, at, "0.0", 3);
    const decimal d = shortest(same, user, x);
    return x >= 1e-4 && x < 1e16 ? put_plain(text, at, &d) : put_scientific(text, at, &d);
}
