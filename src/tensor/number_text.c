/* SPDX-License-Identifier: MIT */
#include "tensor/number_text.h"

#include "tensor/convert.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* -------------------------------------------------------------------- text */

/* The decimal digits and exponent of x > 0: 0.d1d2d3... * 10^exponent. */
typedef struct decimal {
    char digits[20];
    int n, exponent;
} decimal;

static bool same_in(lw_dtype dtype, double a, double b) {
    unsigned char x[8] = {0}, y[8] = {0};
    lwi_convert(&lwi_convert_nearest, LW_FLOAT64, &a, dtype, x, 1);
    lwi_convert(&lwi_convert_nearest, LW_FLOAT64, &b, dtype, y, 1);
    return !memcmp(x, y, sizeof x);
}

/* The fewest digits that round to x in its type. 17 are always enough. */
static decimal shortest(lw_dtype dtype, double x) {
    char text[40];
    for (int precision = 0; precision < 17; precision++) {
        snprintf(text, sizeof text, "%.*e", precision, x);
        if (same_in(dtype, strtod(text, NULL), x)) break;
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

static size_t float_text(lw_dtype dtype, double x, char *text) {
    if (isnan(x)) return put(text, 0, "nan", 3);
    size_t at = 0;
    if (signbit(x)) text[at++] = '-';
    x = fabs(x);
    if (isinf(x)) return put(text, at, "inf", 3);
    if (x == 0) return put(text, at, "0.0", 3);
    const decimal d = shortest(dtype, x);
    return x >= 1e-4 && x < 1e16 ? put_plain(text, at, &d) : put_scientific(text, at, &d);
}

size_t lwi_number_text(const lw_value *v, size_t i, char text[LWI_NUMBER_TEXT]) {
    if (v->dtype == LW_BOOL)
        return ((const uint8_t *)v->data)[i] ? put(text, 0, "True", 4) : put(text, 0, "False", 5);
    if (!lwi_dtype_is_integer(v->dtype)) return float_text(v->dtype, lwi_get_double(v, i), text);
    const long long n = lwi_get_int(v, i);
    if (v->dtype == LW_UINT64)
        return (size_t)snprintf(text, LWI_NUMBER_TEXT, "%llu", (unsigned long long)n);
    return (size_t)snprintf(text, LWI_NUMBER_TEXT, "%lld", n);
}
