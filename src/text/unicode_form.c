/* SPDX-License-Identifier: MIT */
#include "text/unicode_form.h"

#include "base/utf8.h"
#include "text/unicode_class.h"

static bool is_ascii(lw_string text) {
    for (size_t i = 0; i < text.size; i++)
        if ((uint8_t)text.data[i] >= 0x80) return false;
    return true;
}

#ifdef LWI_HAVE_UTF8PROC

#include <utf8proc.h>

static lw_status out_of_memory(void) { return lwi_fail(LW_NO_MEMORY, "out of memory"); }

/* The code points of a normal form, in memory of our own. */
static lw_status decompose(lw_string text, utf8proc_option_t options, utf8proc_int32_t **points,
                           utf8proc_ssize_t *n) {
    const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)text.data;
    const utf8proc_ssize_t size = (utf8proc_ssize_t)text.size;
    *n = utf8proc_decompose(bytes, size, NULL, 0, options);
    if (*n < 0) return lwi_fail(LW_INTERNAL, "utf8proc: %s", utf8proc_errmsg(*n));
    /* Encoding in place needs a place for the zero at the end. */
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, (size_t)*n + 1, sizeof **points, points));
    *n = utf8proc_decompose(bytes, size, *points, *n, options);
    return *n < 0 ? out_of_memory() : LW_OK;
}

static lw_status to_form(lw_string text, lwi_form form, lwi_growing *out) {
    const bool compat = form == LWI_NFKC || form == LWI_NFKD;
    const bool compose = form == LWI_NFC || form == LWI_NFKC;
    const utf8proc_option_t options =
        (utf8proc_option_t)(UTF8PROC_STABLE | (compat ? UTF8PROC_COMPAT : 0) |
                            (compose ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE));
    utf8proc_int32_t *points = NULL;
    utf8proc_ssize_t n = 0;
    lw_status status = decompose(text, options, &points, &n);
    if (status == LW_OK) n = utf8proc_reencode(points, n, options);
    if (status == LW_OK && n < 0) status = out_of_memory();
    if (status == LW_OK) status = lwi_growing_add(out, (const char *)points, (size_t)n);
    lwi_free(&lwi_malloc_allocator, points);
    return status;
}

size_t lwi_grapheme_size(lw_string text) {
    const char *at = text.data, *end = at + text.size;
    utf8proc_int32_t state = 0, point = (utf8proc_int32_t)lwi_utf8_next(&at, end);
    while (at < end) {
        const char *next = at;
        const utf8proc_int32_t other = (utf8proc_int32_t)lwi_utf8_next(&next, end);
        if (utf8proc_grapheme_break_stateful(point, other, &state)) break;
        point = other;
        at = next;
    }
    return (size_t)(at - text.data);
}

#else

static lw_status to_form(lw_string text, lwi_form form, lwi_growing *out) {
    (void)text, (void)form, (void)out;
    return lwi_unicode_needed("a normal form of Unicode");
}

size_t lwi_grapheme_size(lw_string text) {
    const char *at = text.data;
    (void)lwi_utf8_next(&at, at + text.size);
    return (size_t)(at - text.data);
}

#endif

lw_status lwi_unicode_form(lw_string text, lwi_form form, lwi_growing *out) {
    if (is_ascii(text)) return lwi_growing_add(out, text.data, text.size);
    return to_form(text, form, out);
}
