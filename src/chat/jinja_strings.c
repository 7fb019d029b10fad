/* SPDX-License-Identifier: MIT
 * Strings: characters are code points, as in Python. */
#include "base/utf8.h"
#include "chat/jinja.h"

#include <string.h>

size_t lwi_points(lwi_val text) {
    size_t n = 0;
    for (uint32_t i = 0; i < text.size; i++)
        n += ((unsigned char)text.text[i] & 0xc0) != 0x80;
    return n;
}

size_t lwi_byte_at(lwi_val text, size_t n) {
    size_t i = 0;
    for (; i < text.size; i++)
        if (((unsigned char)text.text[i] & 0xc0) != 0x80 && n-- == 0) break;
    return i;
}

bool lwi_is_space(uint32_t point) {
    return (point >= 9 && point <= 13) || (point >= 0x1c && point <= 0x20) || point == 0x85 ||
           point == 0xa0 || point == 0x1680 || (point >= 0x2000 && point <= 0x200a) ||
           point == 0x2028 || point == 0x2029 || point == 0x202f || point == 0x205f ||
           point == 0x3000;
}

static bool strips(uint32_t point, const lwi_val *characters) {
    if (!characters) return lwi_is_space(point);
    const char *p = characters->text, *end = p + characters->size;
    while (p < end)
        if (lwi_utf8_next(&p, end) == point) return true;
    return false;
}

lwi_val lwi_strip(lwi_val text, const lwi_val *characters, bool left, bool right) {
    const char *start = text.text, *end = start + text.size;
    while (left && start < end) {
        const char *next = start;
        if (!strips(lwi_utf8_next(&next, end), characters)) break;
        start = next;
    }
    while (right && start < end) {
        const char *last = end - 1;
        while (last > start && ((unsigned char)*last & 0xc0) == 0x80)
            last--;
        const char *next = last;
        if (!strips(lwi_utf8_next(&next, end), characters)) break;
        end = last;
    }
    lwi_val result = text;
    result.text = start;
    result.size = (uint32_t)(end - start);
    return result;
}

bool lwi_starts_with(lwi_val text, lwi_val start) {
    return text.size >= start.size && (!start.size || !memcmp(text.text, start.text, start.size));
}

size_t lwi_find(lwi_val text, lwi_val part, size_t from) {
    if (from > text.size) return SIZE_MAX;
    if (!part.size) return from;
    if (!text.size) return SIZE_MAX;
    const char *found = memmem(text.text + from, text.size - from, part.text, part.size);
    return found ? (size_t)(found - text.text) : SIZE_MAX;
}

/* An empty `old` stands before every character and at the end. */
static lw_status replace_nothing(lwi_val text, lwi_val by, int64_t most, lwi_text *out) {
    const char *p = text.text, *end = p + text.size;
    for (;; most--) {
        if (most != 0) LW_TRY(lwi_put(out, by.text, by.size));
        if (p >= end) return LW_OK;
        const char *start = p;
        (void)lwi_utf8_next(&p, end);
        LW_TRY(lwi_put(out, start, (size_t)(p - start)));
        if (most == 0) most = 1;
    }
}

lw_status lwi_replace(lwi_jinja *run, lwi_val text, lwi_val old, lwi_val by, int64_t most,
                      lwi_val *result) {
    lwi_text out = {.run = run};
    size_t at = 0;
    if (!old.size) {
        if (most < 0 || most > (int64_t)text.size + 1) most = (int64_t)text.size + 1;
        LW_TRY(replace_nothing(text, by, most, &out));
    } else {
        for (size_t found; most != 0 && (found = lwi_find(text, old, at)) != SIZE_MAX; most--) {
            LW_TRY(lwi_step(run, 1));
            LW_TRY(lwi_put(&out, text.text + at, found - at));
            LW_TRY(lwi_put(&out, by.text, by.size));
            at = found + old.size;
        }
        LW_TRY(lwi_put(&out, text.text + at, text.size - at));
    }
    *result = lwi_text_value(&out);
    result->safe = text.safe;
    return LW_OK;
}

/* Letters whose upper case is more than one. */
static const char *long_upper(uint32_t point) {
    return point == 0xdf ? "SS" : point == 0xfb01 ? "FI" : point == 0xfb02 ? "FL" : NULL;
}

lw_status lwi_change_case(lwi_jinja *run, lwi_val text, bool upper, lwi_val *result) {
    lwi_text out = {.run = run};
    const char *p = text.text, *end = p + text.size;
    while (p < end) {
        char bytes[4];
        const uint32_t point = lwi_utf8_next(&p, end);
        const char *many = upper ? long_upper(point) : NULL;
        if (many) {
            LW_TRY(lwi_put_zero_ended(&out, many));
            continue;
        }
        const uint32_t other =
            upper ? lwi_upper(run->letters, point) : lwi_lower(run->letters, point);
        LW_TRY(lwi_put(&out, bytes, lwi_utf8_write(other, bytes)));
    }
    *result = lwi_text_value(&out);
    result->safe = text.safe;
    return LW_OK;
}

lw_status lwi_capitalize(lwi_jinja *run, lwi_val text, lwi_val *result) {
    const size_t first = lwi_byte_at(text, 1);
    lwi_val head, tail;
    LW_TRY(lwi_change_case(run, lwi_str(text.text, first), true, &head));
    LW_TRY(lwi_change_case(run, lwi_str(text.text + first, text.size - first), false, &tail));
    return lwi_add_texts(run, head, tail, result);
}

/* markupsafe.escape */
lw_status lwi_escape(lwi_jinja *run, lwi_val value, lwi_val *result) {
    static const char special[] = "&<>'\"";
    static const char *const by[] = {"&amp;", "&lt;", "&gt;", "&#39;", "&#34;"};
    lwi_val text;
    lwi_text out = {.run = run};
    LW_TRY(lwi_to_text(run, value, &text));
    for (uint32_t i = 0; i < text.size && !text.safe; i++) {
        const char *found = text.text[i] ? strchr(special, text.text[i]) : NULL;
        if (found) LW_TRY(lwi_put_zero_ended(&out, by[found - special]));
        else LW_TRY(lwi_put(&out, text.text + i, 1));
    }
    *result = text.safe ? text : lwi_text_value(&out);
    result->safe = true;
    return LW_OK;
}

/* When one of them is safe, the other one is escaped. There is room behind a long text that was
 * made here, so that a text which grows piece by piece is not copied each time. */
lw_status lwi_add_texts(lwi_jinja *run, lwi_val a, lwi_val b, lwi_val *result) {
    const bool safe = a.safe || b.safe;
    if (safe) {
        LW_TRY(lwi_escape(run, a, &a));
        LW_TRY(lwi_escape(run, b, &b));
    }
    const size_t size = (size_t)a.size + b.size;
    if (size > UINT32_MAX) return lwi_fail(LW_LIMIT, "a string of more than 4 GiB");
    char *whole = (char *)a.text;
    if (!a.size || a.text + a.size != run->tail || b.size > run->room) {
        const size_t room = size < 256 ? 0 : size;
        LW_TRY(lwi_step(run, size / 64));
        LW_TRY(lwi_take(run, size + room + 1, 1, &whole));
        if (a.size) memcpy(whole, a.text, a.size);
        run->room = room + b.size;
    }
    if (b.size) memcpy(whole + a.size, b.text, b.size);
    run->room -= b.size;
    run->tail = whole + size;
    *result = lwi_str(whole, size);
    result->safe = safe;
    return LW_OK;
}
