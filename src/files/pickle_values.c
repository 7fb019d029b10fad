/* SPDX-License-Identifier: MIT
 * Numbers and strings of pickles. */
#include "files/pickle_machine.h"

#include "base/text_number.h"
#include "files/little_endian.h"

enum { INT_BYTES = 4 };

lw_status lwi_pickle_take(lwi_pickle_machine *m, size_t n, const uint8_t **bytes) {
    if (n > (size_t)(m->end - m->at)) return lwi_pickle_fail(m, "it ends too early");
    *bytes = m->at;
    m->at += n;
    return LW_OK;
}

lw_status lwi_pickle_number(lwi_pickle_machine *m, size_t n, uint64_t *number) {
    const uint8_t *bytes = NULL;
    LW_TRY(lwi_pickle_take(m, n, &bytes));
    *number = lwi_little_endian(bytes, n);
    return LW_OK;
}

lw_status lwi_pickle_line(lwi_pickle_machine *m, lw_string *line) {
    const uint8_t *end = m->at < m->end ? memchr(m->at, '\n', (size_t)(m->end - m->at)) : NULL;
    if (!end) return lwi_pickle_fail(m, "a line does not end");
    *line = (lw_string){(const char *)m->at, (size_t)(end - m->at)};
    m->at = end + 1;
    return LW_OK;
}

lw_status lwi_pickle_line_number(lwi_pickle_machine *m, int64_t *number) {
    lw_string line;
    LW_TRY(lwi_pickle_line(m, &line));
    if (line.size && line.data[line.size - 1] == 'L') line.size--; /* as Python 2 wrote long */
    if (lwi_text_integer(line.data, line.size, false, number)) return LW_OK;
    return lwi_pickle_fail(m, "a number is none, or too large");
}

lw_status lwi_pickle_none(lwi_pickle_machine *m, size_t n) {
    (void)n;
    return lwi_pickle_push(m, (lwi_pickle_item){.kind = LWI_PICKLE_NONE});
}

lw_status lwi_pickle_bool(lwi_pickle_machine *m, size_t truth) {
    return lwi_pickle_push(m, (lwi_pickle_item){.kind = LWI_PICKLE_BOOL, .b = truth});
}

static lw_status push_int(lwi_pickle_machine *m, int64_t i) {
    return lwi_pickle_push(m, (lwi_pickle_item){.kind = LWI_PICKLE_INT, .i = i});
}

/* Only those of four bytes have a sign. */
lw_status lwi_pickle_int(lwi_pickle_machine *m, size_t n) {
    uint64_t number = 0;
    LW_TRY(lwi_pickle_number(m, n, &number));
    return push_int(m, n == INT_BYTES ? (int32_t)(uint32_t)number : (int64_t)number);
}

/* I01 and I00 are truths. */
lw_status lwi_pickle_int_line(lwi_pickle_machine *m, size_t n) {
    const char *text = (const char *)m->at;
    int64_t number = 0;
    (void)n;
    LW_TRY(lwi_pickle_line_number(m, &number));
    if ((const char *)m->at - text == 3 && *text == '0' && (text[1] == '0' || text[1] == '1'))
        return lwi_pickle_bool(m, text[1] == '1');
    return push_int(m, number);
}

/* A length and that many bytes. */
static lw_status read_counted(lwi_pickle_machine *m, size_t n, lw_string *text) {
    uint64_t size = 0;
    const uint8_t *bytes = NULL;
    LW_TRY(lwi_pickle_number(m, n, &size));
    if (size > (uint64_t)(m->end - m->at))
        return lwi_pickle_fail(m, "a string is longer than the pickle");
    LW_TRY(lwi_pickle_take(m, (size_t)size, &bytes));
    *text = (lw_string){(const char *)bytes, (size_t)size};
    return LW_OK;
}

/* Two's complement, of as many bytes as are needed. */
lw_status lwi_pickle_long(lwi_pickle_machine *m, size_t n) {
    lwi_pickle_item item = {.kind = LWI_PICKLE_LONG};
    LW_TRY(read_counted(m, n, &item.text));
    const uint8_t *bytes = (const uint8_t *)item.text.data;
    const size_t size = item.text.size;
    if (size > sizeof(int64_t)) return lwi_pickle_push(m, item);
    uint64_t number = size ? lwi_little_endian(bytes, size) : 0;
    if (size && size < sizeof number && bytes[size - 1] & 0x80) number |= UINT64_MAX << 8 * size;
    return push_int(m, (int64_t)number);
}

/* Big-endian, unlike all else. */
lw_status lwi_pickle_float(lwi_pickle_machine *m, size_t n) {
    const uint8_t *bytes = NULL;
    uint64_t bits = 0;
    lwi_pickle_item item = {.kind = LWI_PICKLE_FLOAT};
    LW_TRY(lwi_pickle_take(m, n, &bytes));
    for (size_t i = 0; i < n; i++)
        bits = bits << 8 | bytes[i];
    memcpy(&item.f, &bits, sizeof item.f);
    return lwi_pickle_push(m, item);
}

lw_status lwi_pickle_float_line(lwi_pickle_machine *m, size_t n) {
    lwi_pickle_item item = {.kind = LWI_PICKLE_FLOAT};
    lw_string line;
    (void)n;
    LW_TRY(lwi_pickle_line(m, &line));
    if (!lwi_text_double(line.data, line.size, &item.f))
        return lwi_pickle_fail(m, "a number is none");
    return lwi_pickle_push(m, item);
}

static lw_status push_string(lwi_pickle_machine *m, lw_string text) {
    lwi_pickle_item item = {.kind = LWI_PICKLE_STRING};
    item.text.size = text.size;
    LW_TRY(lwi_arena_string(m->arena, text.data, text.size, &item.text.data));
    return lwi_pickle_push(m, item);
}

lw_status lwi_pickle_string(lwi_pickle_machine *m, size_t n) {
    lw_string text;
    LW_TRY(read_counted(m, n, &text));
    return push_string(m, text);
}

lw_status lwi_pickle_bytes(lwi_pickle_machine *m, size_t n) {
    lwi_pickle_item item = {.kind = LWI_PICKLE_BYTES};
    LW_TRY(read_counted(m, n, &item.text));
    return lwi_pickle_push(m, item);
}

/* Names of tensors have no escapes. */
lw_status lwi_pickle_string_line(lwi_pickle_machine *m, size_t quoted) {
    lw_string line;
    LW_TRY(lwi_pickle_line(m, &line));
    if (quoted) {
        if (line.size < 2 || (*line.data != '\'' && *line.data != '"') ||
            line.data[line.size - 1] != *line.data)
            return lwi_pickle_fail(m, "a string has no quotes");
        line.data++, line.size -= 2;
    }
    if (line.size && memchr(line.data, '\\', line.size))
        return lwi_fail(LW_UNSUPPORTED, "%s: the pickle has a string with escapes", m->file);
    return push_string(m, line);
}
