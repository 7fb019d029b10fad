/* SPDX-License-Identifier: MIT */
#include "text/space_words.h"

#include "lampwick/tokenizer.h"

#include <string.h>

#define SPACE "\xe2\x96\x81"
enum { SPACE_BYTES = 3 };

static bool is_space(const char *at, const char *end) {
    return end - at >= SPACE_BYTES && !memcmp(at, SPACE, SPACE_BYTES);
}

size_t lwi_word_size(const char *data, size_t size) {
    const char *at = data, *end = data + size;
    while (is_space(at, end))
        at += SPACE_BYTES;
    while (at < end) {
        at = memchr(at, SPACE[0], (size_t)(end - at));
        if (!at) return size;
        if (is_space(at, end)) return (size_t)(at - data);
        at++;
    }
    return size;
}

bool lwi_has_words(const lwi_vocabulary *v) {
    if (lwi_vocabulary_find(v, SPACE, SPACE_BYTES) == LWI_NO_TOKEN) return false;
    for (size_t i = 0; i < v->count; i++) {
        const bool joins = v->attributes[i] & (LW_TOKEN_NORMAL | LW_TOKEN_USER | LW_TOKEN_UNUSED);
        if (joins && v->pieces[i].size &&
            lwi_word_size(v->pieces[i].data, v->pieces[i].size) < v->pieces[i].size)
            return false;
    }
    return true;
}
