/* SPDX-License-Identifier: MIT
 * Python's two ways to format: "%s" % values, and "{}".format(values). */
#include "base/double_text.h"
#include "base/text_number.h"
#include "base/utf8.h"
#include "chat/jinja.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_WIDTH = 1 << 20, MOST_PRECISION = 300, NUMBER_ROOM = 700 };

/* How one value is to look. */
typedef struct spec {
    const char *fill; /* one character */
    size_t fill_size;
    char align, sign, type, comma;
    bool alternate, zero;
    int width, precision; /* -1: not given */
} spec;

static int read_width(const char **p, const char *end) {
    int n = 0;
    for (; *p < end && **p >= '0' && **p <= '9'; ++*p)
        if (n <= MOST_WIDTH) n = n * 10 + (**p - '0');
    return n;
}

static lw_status put_padded(lwi_text *out, const spec *s, lwi_val body, char usual) {
    const size_t n = lwi_points(body);
    const char align = s->align ? s->align : usual;
    const size_t more = s->width > (int)n ? (size_t)s->width - n : 0;
    size_t left = align == '>' ? more : align == '^' ? more / 2 : 0;
    size_t sign = 0;
    if (align == '=') {
        sign = body.size && (*body.text == '-' || *body.text == '+' || *body.text == ' ');
        left = more;
    }
    LW_TRY(lwi_put(out, body.text, sign));
    for (size_t i = 0; i < left; i++)
        LW_TRY(lwi_put(out, s->fill, s->fill_size));
    LW_TRY(lwi_put(out, body.text + sign, body.size - sign));
    for (size_t i = left; i < more; i++)
        LW_TRY(lwi_put(out, s->fill, s->fill_size));
    return LW_OK;
}

/* Digits of a whole number with commas between groups of three. */
static size_t put_groups(char *to, const char *digits, size_t n, char comma) {
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        if (i && comma && (n - i) % 3 == 0) to[at++] = comma;
        to[at++] = digits[i];
    }
    return at;
}

static size_t whole_digits(uint64_t n, int base, bool capitals, char *to) {
    const char *letters = capitals ? "0123456789ABCDEF" : "0123456789abcdef";
    char turned[72];
    size_t count = 0;
    do
        turned[count++] = letters[n % (unsigned)base];
    while ((n /= (unsigned)base) != 0);
    for (size_t i = 0; i < count; i++)
        to[i] = turned[count - 1 - i];
    return count;
}

static lw_status put_whole(lwi_text *out, const spec *s, int64_t n) {
    char digits[72], text[160];
    const int base = s->type == 'x' || s->type == 'X' ? 16
                     : s->type == 'o'                 ? 8
                     : s->type == 'b'                 ? 2
                                                      : 10;
    const uint64_t size = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    size_t at = 0;
    if (n < 0) text[at++] = '-';
    else if (s->sign == '+' || s->sign == ' ') text[at++] = s->sign;
    if (s->alternate && base != 10) text[at++] = '0', text[at++] = s->type;
    const size_t count = whole_digits(size, base, s->type == 'X', digits);
    at += put_groups(text + at, digits, count, s->comma);
    return put_padded(out, s, lwi_str(text, at), '>');
}

static lw_status put_real(lwi_text *out, const spec *s, double x) {
    char format[8], digits[NUMBER_ROOM], text[NUMBER_ROOM * 2];
    size_t at = 0, n;
    const bool percent = s->type == '%';
    const char type = percent ? 'f' : s->type ? s->type : 'g';
    const double shown = percent ? x * 100 : x;
    if (!s->type && s->precision < 0) {
        n = lwi_double_text(fabs(shown), NULL, NULL, digits);
    } else {
        snprintf(format, sizeof format, "%%.*%c", type);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* it is made above */
        const int count = snprintf(digits, sizeof digits, format,
                                   s->precision < 0 ? 6 : s->precision, fabs(shown));
#pragma GCC diagnostic pop
        if (count < 0 || count >= NUMBER_ROOM) return LWI_WRONG("a number too long to format");
        n = (size_t)count;
    }
    if (signbit(shown) && !isnan(shown)) text[at++] = '-';
    else if (s->sign == '+' || s->sign == ' ') text[at++] = s->sign;
    size_t whole = 0;
    while (whole < n && digits[whole] >= '0' && digits[whole] <= '9')
        whole++;
    at += put_groups(text + at, digits, whole, s->comma);
    memcpy(text + at, digits + whole, n - whole);
    at += n - whole;
    if (percent) text[at++] = '%';
    return put_padded(out, s, lwi_str(text, at), '>');
}

static lw_status put_text(lwi_text *out, const spec *s, lwi_val text) {
    if (s->precision >= 0) text.size = (uint32_t)lwi_byte_at(text, (size_t)s->precision);
    return put_padded(out, s, text, '<');
}

static lw_status too_wide(const spec *s) {
    if (s->width <= MOST_WIDTH && s->precision <= MOST_PRECISION) return LW_OK;
    return lwi_fail(LW_LIMIT, "a format wider than %d", MOST_WIDTH);
}

/* ---------------------------------------------------------------- "%s" % ... */

typedef struct percent {
    lwi_val values; /* a tuple, a dict, or one value */
    size_t next;
} percent;

static lw_status next_value(percent *p, lwi_val *value) {
    const bool tuple = p->values.kind == LWI_TUPLE;
    if (p->next >= (tuple ? p->values.list->count : 1))
        return LWI_WRONG("not enough arguments for format string");
    *value = tuple ? p->values.list->items[p->next] : p->values;
    p->next++;
    return LW_OK;
}

static lw_status mapped_value(lwi_jinja *run, percent *p, const char **at, const char *end,
                              lwi_val *value) {
    const char *start = ++*at;
    while (*at < end && **at != ')')
        ++*at;
    if (*at == end) return LWI_WRONG("incomplete format key");
    if (p->values.kind != LWI_DICT) return LWI_WRONG("format requires a mapping");
    const lwi_val *found;
    LW_TRY(lwi_dict_find(run, p->values.dict, lwi_str(start, (size_t)(*at - start)), &found));
    if (!found) return LWI_WRONG("a key of the format is missing: %.*s", (int)(*at - start), start);
    *value = *found;
    ++*at;
    return LW_OK;
}

static lw_status convert(lwi_text *out, spec *s, lwi_val value) {
    if (s->type == 's' || s->type == 'r' || s->type == 'a') {
        lwi_text text = {.run = out->run};
        LW_TRY(s->type == 's' ? lwi_put_value(&text, value) : lwi_put_repr(&text, value));
        if (!s->align) s->align = '>'; /* unlike format() */
        return put_text(out, s, lwi_text_value(&text));
    }
    if (s->type == 'c' && value.kind == LWI_STR) return put_text(out, s, value);
    if (!lwi_is_number(value))
        return LWI_WRONG("%%%c format: a number is required, not %s", s->type,
                         lwi_type_name(value));
    if (strchr("eEfFgG", s->type)) return put_real(out, s, lwi_number(value));
    if (!strchr("diuxXo", s->type)) return LWI_WRONG("unsupported format character '%c'", s->type);
    if (value.kind == LWI_FLOAT && (s->type == 'x' || !(fabs(value.number) < 9e18)))
        return LWI_WRONG("%%%c format: an integer is required, not float", s->type);
    return put_whole(out, s, value.kind == LWI_FLOAT ? (int64_t)value.number : lwi_whole(value));
}

/* One conversion; at is behind the per cent sign. */
static lw_status percent_one(lwi_text *out, percent *p, const char **at, const char *end) {
    spec s = {.fill = " ", .fill_size = 1, .precision = -1};
    lwi_val value = lwi_none();
    bool mapped = *at < end && **at == '(';
    if (mapped) LW_TRY(mapped_value(out->run, p, at, end, &value));
    for (; *at < end && strchr("-+ #0", **at) && **at; ++*at) {
        if (**at == '-') s.align = '<';
        else if (**at == '0') s.zero = true;
        else if (**at == '#') s.alternate = true;
        else if (s.sign != '+') s.sign = **at;
    }
    s.width = read_width(at, end);
    if (*at < end && **at == '.') {
        ++*at;
        s.precision = read_width(at, end);
    }
    LW_TRY(too_wide(&s));
    if (*at == end) return LWI_WRONG("incomplete format");
    s.type = *(*at)++;
    if (s.type == '%') return lwi_put(out, "%", 1);
    if (s.zero && !s.align && !strchr("sra", s.type)) s.fill = "0", s.align = '=';
    if (!mapped) LW_TRY(next_value(p, &value));
    return convert(out, &s, value);
}

lw_status lwi_percent(lwi_jinja *run, lwi_val text, lwi_val values, lwi_val *result) {
    percent p = {.values = values};
    lwi_text out = {.run = run};
    const char *end = text.text + text.size;
    for (const char *at = text.text, *sign; at < end;) {
        LW_TRY(lwi_step(run, 1));
        sign = memchr(at, '%', (size_t)(end - at));
        LW_TRY(lwi_put(&out, at, (size_t)((sign ? sign : end) - at)));
        if (!sign) break;
        at = sign + 1;
        LW_TRY(percent_one(&out, &p, &at, end));
    }
    if (values.kind == LWI_TUPLE ? p.next < values.list->count
                                 : values.kind != LWI_DICT && values.kind != LWI_UNDEFINED &&
                                       !p.next && !lwi_is_list(values))
        return LWI_WRONG("not all arguments converted during string formatting");
    *result = lwi_text_value(&out);
    return LW_OK;
}

/* ----------------------------------------------------------------- format() */

static lw_status read_spec(lwi_val text, spec *s) {
    const char *p = text.text, *end = p + text.size;
    *s = (spec){.fill = " ", .fill_size = 1, .precision = -1};
    if (p < end) {
        const char *next = p;
        (void)lwi_utf8_next(&next, end);
        if (next < end && strchr("<>^=", *next) && *next) {
            s->fill = p, s->fill_size = (size_t)(next - p), s->align = *next;
            p = next + 1;
        } else if (strchr("<>^=", *p) && *p) {
            s->align = *p++;
        }
    }
    if (p < end && strchr("+- ", *p) && *p) s->sign = *p++;
    if (p < end && *p == '#') s->alternate = true, p++;
    if (p < end && *p == '0') {
        if (!s->align) s->fill = "0", s->align = '=';
        p++;
    }
    s->width = read_width(&p, end);
    if (p < end && (*p == ',' || *p == '_')) s->comma = *p++;
    if (p < end && *p == '.') {
        p++;
        s->precision = read_width(&p, end);
    }
    LW_TRY(too_wide(s));
    if (p < end) s->type = *p++;
    return p == end ? LW_OK : LWI_WRONG("Invalid format specifier");
}

static lw_status put_formatted(lwi_text *out, lwi_val value, lwi_val text) {
    spec s;
    LW_TRY(read_spec(text, &s));
    if (!text.size) return lwi_put_value(out, value);
    if (value.kind == LWI_STR && (!s.type || s.type == 's') && s.align != '=')
        return put_text(out, &s, value);
    const bool real = s.type && strchr("eEfFgG%", s.type);
    if (lwi_is_number(value) && (real || (value.kind == LWI_FLOAT && !s.type)))
        return put_real(out, &s, lwi_number(value));
    if (lwi_is_whole(value) && (!s.type || strchr("dxXobn", s.type)))
        return put_whole(out, &s, lwi_whole(value));
    return LWI_WRONG("unsupported format string for %s", lwi_type_name(value));
}

typedef struct fields {
    const lwi_args *args;
    size_t next;
} fields;

static bool is_all_digits(lwi_val v) {
    for (uint32_t i = 0; i < v.size; i++)
        if (v.text[i] < '0' || v.text[i] > '9') return false;
    return v.size > 0 && v.size < 10;
}

/* The first part of a field: "", "0" or "name". */
static lw_status field_root(fields *f, lwi_val name, lwi_val *value) {
    int64_t n = 0;
    if (!name.size) n = (int64_t)f->next++;
    else if (is_all_digits(name)) (void)lwi_text_integer(name.text, name.size, false, &n);
    else {
        const lwi_val *found = lwi_dict_word(&f->args->named, name.text, name.size);
        if (!found) return LWI_WRONG("format: no argument '%.*s'", LWI_SHOWN(name));
        *value = *found;
        return LW_OK;
    }
    if ((size_t)n >= f->args->positional.count)
        return LWI_WRONG("Replacement index %lld out of range for positional args tuple",
                         (long long)n);
    *value = f->args->positional.items[n];
    return LW_OK;
}

static size_t until(lwi_val text, size_t at, const char *stops) {
    while (at < text.size && !(text.text[at] && strchr(stops, text.text[at])))
        at++;
    return at;
}

/* name, .attribute and [key] */
static lw_status field_value(lwi_jinja *run, fields *f, lwi_val field, lwi_val *value) {
    size_t at = until(field, 0, ".[");
    LW_TRY(field_root(f, lwi_str(field.text, at), value));
    while (at < field.size) {
        const bool dot = field.text[at++] == '.';
        const size_t end = until(field, at, dot ? ".[" : "]");
        const lwi_val part = lwi_str(field.text + at, end - at);
        int64_t n;
        const bool number =
            is_all_digits(part) && lwi_text_integer(part.text, part.size, false, &n);
        if (dot) LW_TRY(lwi_attribute(run, *value, part, value));
        else LW_TRY(lwi_subscript(run, *value, number ? lwi_int(n) : part, value));
        at = end + (dot ? 0 : 1);
    }
    return LW_OK;
}

static lw_status format_into(lwi_text *out, lwi_val text, fields *f, int depth);

/* {field!conversion:spec}; inner is what stands between the braces. */
static lw_status put_field(lwi_text *out, lwi_val inner, fields *f, int depth) {
    lwi_val value;
    const size_t end = until(inner, 0, "!:");
    LW_TRY(field_value(out->run, f, lwi_str(inner.text, end), &value));
    size_t at = end;
    if (at < inner.size && inner.text[at] == '!') {
        lwi_text shown = {.run = out->run};
        const char how = at + 1 < inner.size ? inner.text[at + 1] : 0;
        if (how != 's' && how != 'r') return LWI_WRONG("Unknown conversion specifier");
        LW_TRY(how == 's' ? lwi_put_value(&shown, value) : lwi_put_repr(&shown, value));
        value = lwi_text_value(&shown);
        at += 2;
    }
    if (at < inner.size && inner.text[at] != ':') return LWI_WRONG("expected ':'");
    lwi_text format = {.run = out->run};
    if (at < inner.size)
        LW_TRY(
            format_into(&format, lwi_str(inner.text + at + 1, inner.size - at - 1), f, depth + 1));
    return put_formatted(out, value, lwi_text_value(&format));
}

/* The offset of the brace that closes the one before `at`; SIZE_MAX if there is none. */
static size_t closing(lwi_val text, size_t at) {
    int open = 1;
    for (; at < text.size; at++) {
        open += text.text[at] == '{';
        open -= text.text[at] == '}';
        if (!open) return at;
    }
    return SIZE_MAX;
}

static lw_status format_into(lwi_text *out, lwi_val text, fields *f, int depth) {
    if (depth > 2) return LWI_WRONG("Max string recursion exceeded");
    for (size_t at = 0; at < text.size;) {
        LW_TRY(lwi_step(out->run, 1));
        const size_t brace = until(text, at, "{}");
        LW_TRY(lwi_put(out, text.text + at, brace - at));
        if (brace == text.size) break;
        at = brace + 1;
        if (at < text.size && text.text[at] == text.text[brace]) {
            LW_TRY(lwi_put(out, text.text + at++, 1));
            continue;
        }
        const size_t end = text.text[brace] == '{' ? closing(text, at) : SIZE_MAX;
        if (end == SIZE_MAX) return LWI_WRONG("a single brace in a format string");
        LW_TRY(put_field(out, lwi_str(text.text + at, end - at), f, depth));
        at = end + 1;
    }
    return LW_OK;
}

lw_status lwi_format(lwi_jinja *run, lwi_val text, const lwi_args *args, lwi_val *result) {
    fields f = {.args = args};
    lwi_text out = {.run = run};
    LW_TRY(format_into(&out, text, &f, 0));
    *result = lwi_text_value(&out);
    return LW_OK;
}
