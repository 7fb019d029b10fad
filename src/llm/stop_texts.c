/* SPDX-License-Identifier: MIT
 * Texts at which a generated text ends. What may be the beginning of one is held back. */
#include "base/byte_buffer.h"

#include <lampwick/llm.h>

#include <string.h>

struct lw_stop_texts {
    lwi_buffer *texts;
    size_t n;
    lwi_buffer held; /* a beginning of one of the texts, behind what was given out last */
    size_t given;    /* bytes at the front of `held` that were given out by the last call */
};

lw_status lw_stop_texts_new(const char *const *texts, size_t n, lw_stop_texts **stops) {
    if (!stops || (n && !texts))
        return lwi_fail(LW_INVALID, "lw_stop_texts_new: an argument is NULL");
    lw_stop_texts *s = NULL;
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, 1, sizeof *s, &s));
    s->held = lwi_buffer_new(&lwi_malloc_allocator);
    lw_status status = lwi_alloc_array(&lwi_malloc_allocator, n, sizeof *s->texts, &s->texts);
    for (size_t i = 0; status == LW_OK && i < n; i++) {
        if (!texts[i] || !texts[i][0]) continue;
        s->texts[s->n] = lwi_buffer_new(&lwi_malloc_allocator);
        status = lwi_buffer_text(&s->texts[s->n++], texts[i]);
    }
    if (status == LW_OK) *stops = s;
    else lw_stop_texts_free(s);
    return status;
}

void lw_stop_texts_free(lw_stop_texts *s) {
    if (!s) return;
    for (size_t i = 0; i < s->n; i++)
        lwi_buffer_free(&s->texts[i]);
    lwi_free(&lwi_malloc_allocator, s->texts);
    lwi_buffer_free(&s->held);
    lwi_free(&lwi_malloc_allocator, s);
}

/* The first place where one of the texts stands whole; size if there is none. */
static size_t find_whole(const lw_stop_texts *s) {
    size_t first = s->held.size;
    for (size_t i = 0; i < s->n; i++) {
        const lwi_buffer *t = &s->texts[i];
        for (size_t at = 0; at < first && at + t->size <= s->held.size; at++)
            if (!memcmp(s->held.data + at, t->data, t->size)) first = at;
    }
    return first;
}

/* The first place from which on the rest is the beginning of one of the texts. */
static size_t find_beginning(const lw_stop_texts *s) {
    for (size_t at = 0; at < s->held.size; at++)
        for (size_t i = 0; i < s->n; i++) {
            const size_t rest = s->held.size - at;
            if (rest < s->texts[i].size && !memcmp(s->held.data + at, s->texts[i].data, rest))
                return at;
        }
    return s->held.size;
}

lw_status lw_stop_texts_feed(lw_stop_texts *s, const char *text, size_t size, const char **out,
                             size_t *out_size, bool *stopped) {
    if (!s || (size && !text) || !out || !out_size || !stopped)
        return lwi_fail(LW_INVALID, "lw_stop_texts_feed: an argument is NULL");
    s->held.size -= s->given;
    if (s->given) memmove(s->held.data, s->held.data + s->given, s->held.size);
    s->given = 0;
    LW_TRY(lwi_buffer_put(&s->held, text, size));
    const size_t whole = find_whole(s);
    *stopped = whole < s->held.size;
    *out = s->held.data;
    *out_size = *stopped ? whole : find_beginning(s);
    s->given = *stopped ? s->held.size : *out_size;
    return LW_OK;
}

void lw_stop_texts_finish(lw_stop_texts *s, const char **out, size_t *out_size) {
    s->held.size -= s->given;
    *out = s->held.size ? s->held.data + s->given : "";
    *out_size = s->held.size;
    s->held.size = s->given = 0;
}
